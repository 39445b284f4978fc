// SPDX-License-Identifier: Apache-2.0
//
// services: the catalogue of AI services, as the daemon has it in force, otherwise as its files have it.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "resolver/report/fields.h"
#include "resolver/report/services.h"
#include "tools/cenote/listings.h"
#include "tools/cenote/print.h"
#include "tools/cenote/verbs.h"

namespace cenote::cli {
namespace {

namespace field = report::field;

struct ServicesFlags {
    std::string id;  // empty: all
    std::string vendor;
    std::string category;
    std::string jurisdiction;
    bool stale = false;
    bool json = false;
};

bool equal_folded(std::string_view a, std::string_view b) {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](unsigned char x, unsigned char y) {
               return std::tolower(x) == std::tolower(y);
           });
}

/// The catalogue as its files have it; a configuration that cannot be read gives an empty one.
class Catalogue {
public:
    explicit Catalogue(Session& session) {
        const auto settings = session.settings();
        if (!settings) return;
        Diagnostics ignored;
        read_ = blocklists::load_catalogue((*settings)->services, ignored);
    }

    /// nullptr: the files do not have it.
    [[nodiscard]] const blocklists::Service* find_service(const Json& row) const {
        const auto id = row.value(field::kId, "");
        const auto found = std::find_if(read_.services.begin(), read_.services.end(),
                                        [&](const auto& service) { return service.id == id; });
        return found != read_.services.end() ? &*found : nullptr;
    }

private:
    blocklists::Catalogue read_;
};

Result<Json> services_from_files(Session& session) {
    const auto settings = session.settings();
    if (!settings) return settings.error();
    const auto set = session.set();
    if (set && *set != nullptr) return report::services_json(**set);
    Diagnostics ignored;
    return report::services_json(blocklists::load_catalogue((*settings)->services, ignored));
}

/// An error for a word that no service has: "there is no jurisdiction 'China'; …".
Status check_word(const Json& rows, const std::string& word, std::string_view field, std::string_view what) {
    if (word.empty()) return Done{};
    std::vector<std::string> known;
    for (const auto& row : rows) {
        const Json value = row.value(field, Json());
        for (const auto& each : value.is_array() ? value : Json::array({value})) known.push_back(cell(each));
    }
    if (std::any_of(known.begin(), known.end(), [&](const auto& one) { return equal_folded(one, word); }))
        return Done{};
    if (field == field::kJurisdiction && word.size() != 2)
        return Error{fmt::format("there is no {} '{}'; write the code of two letters, as in CN or US", what, word)};
    const std::string near = nearest(word, known);
    return Error{
        fmt::format("there is no {} '{}'; {}", what, word,
                    near.empty() ? "'cenote services' shows what there is" : fmt::format("did you mean '{}'?", near))};
}

Json filtered(const Json& rows, const ServicesFlags& flags) {
    Json kept = Json::array();
    for (const auto& row : rows) {
        const auto categories = row.value(field::kCategory, Json::array());
        const bool category = flags.category.empty() ||
                              std::any_of(categories.begin(), categories.end(),
                                          [&](const Json& one) { return equal_folded(cell(one), flags.category); });
        const bool vendor = flags.vendor.empty() || equal_folded(cell(row, field::kVendor), flags.vendor);
        const bool jurisdiction =
            flags.jurisdiction.empty() || equal_folded(cell(row, field::kJurisdiction), flags.jurisdiction);
        const bool stale = !flags.stale || row.value(field::kStale, false);
        if (category && vendor && jurisdiction && stale) kept.push_back(row);
    }
    return kept;
}

void print_services(const Json& rows) {
    Table table({"SERVICE", "VENDOR", "CC", "NAMES", "CHECKED", "CATEGORY", "NAME"});
    for (const auto& row : rows)
        table.add({cell(row, field::kId), cell(row, field::kVendor), cell(row, field::kJurisdiction),
                   cell(row, field::kDomains),
                   cell(row, field::kChecked) + (row.value(field::kStale, false) ? " stale" : ""),
                   cell(row, field::kCategory), cell(row, field::kName)});
    table.print();
}

void print_service(Json row) {
    row[field::kDefault] =
        row.value(field::kDefault, true) ? "yes" : "only with strict = true in the directive, or by its id";
    print_fields(row, {{"service", field::kId},
                       {"name", field::kName},
                       {"aliases", field::kAliases},
                       {"vendor", field::kVendor},
                       {"jurisdiction", field::kJurisdiction},
                       {"category", field::kCategory},
                       {"taken by wildcards", field::kDefault},
                       {"never sinkholed", field::kShared},
                       {"last checked", field::kChecked},
                       {"evidence", field::kEvidence},
                       {"note", field::kNote}});
    if (row.value(field::kStale, false)) fmt::print("last checked more than half a year ago\n");
    const auto hosts = row.value(field::kHosts, Json());
    if (!hosts.is_array()) return;
    Table table({"NAME", "ROLE", ""});
    for (const auto& host : hosts)
        table.add(
            {cell(host, field::kName), cell(host, field::kRole), host.value(field::kStrict, false) ? "strict" : ""});
    table.print();
}

Exit services(Session& session, const ServicesFlags& flags) {
    auto rows = session.ask_or_read("services", Json::object(), [&] { return services_from_files(session); });
    if (!rows) return fail(rows.error());
    const Catalogue catalogue(session);
    for (auto& row : *rows) report::add_evidence(row, catalogue.find_service(row), wall_now());
    if (flags.id.empty()) {
        for (const auto& checked : {check_word(*rows, flags.vendor, field::kVendor, "vendor"),
                                    check_word(*rows, flags.category, field::kCategory, "category"),
                                    check_word(*rows, flags.jurisdiction, field::kJurisdiction, "jurisdiction")})
            if (!checked) return fail(checked.error());
        const auto kept = filtered(*rows, flags);
        flags.json ? print_json(kept) : print_services(kept);
        return Exit::Done;
    }
    auto row = find_row(*rows, flags.id, "service");
    if (!row) return fail(row.error());
    (*row)[field::kHosts] = report::hosts_json(catalogue.find_service(*row));
    flags.json ? print_json(Json::array({*row})) : print_service(*row);
    return Exit::Done;
}

}  // namespace

void add_services(Verbs& verbs) {
    CLI::App* verb = verbs.add("services", "The AI services that are known; with an ID all of one");
    const auto flags = std::make_shared<ServicesFlags>();
    verb->add_option("ID", flags->id, "One service, by its id or an alias")->type_name("");
    verb->add_option("--vendor", flags->vendor, "Only of this vendor")->type_name("NAME");
    verb->add_option("--category", flags->category, "Only of this category")->type_name("NAME");
    verb->add_option("--jurisdiction", flags->jurisdiction, "Only of this jurisdiction")->type_name("CC");
    verb->add_flag("--stale", flags->stale, "Only those last checked more than half a year ago");
    verb->add_flag("--json", flags->json, "Print JSON");
    verbs.on(verb, [flags](Session& session) { return services(session, *flags); });
}

}  // namespace cenote::cli
