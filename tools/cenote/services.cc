// SPDX-License-Identifier: Apache-2.0
//
// services: the catalogue of AI services, as it is in force, else as its files have it.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "blocklists/catalogue.h"
#include "resolver/base/time_text.h"
#include "tools/cenote/listings.h"
#include "tools/cenote/print.h"
#include "tools/cenote/verbs.h"

namespace cenote::cli {
namespace {

struct Flags {
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

/// What only the catalogue's files tell: when a service was last checked, and by its names.
class Catalogue {
public:
    explicit Catalogue(Session& session) {
        const auto settings = session.settings();
        if (!settings) return;
        Diagnostics ignored;
        read_ = blocklists::load_catalogue((*settings)->services, ignored);
    }

    /// A row of a service that the files know nothing of stays as it is, with nulls.
    void complete(Json& row, WallTime now) const {
        const auto service = find(row.value("id", ""));
        row["checked"] = nullptr;
        row["evidence"] = Json::array();
        row["stale"] = false;
        if (service == read_.services.end()) return;
        row["evidence"] = service->evidence;
        if (!service->checked) return;
        row["checked"] = format_time(*service->checked).substr(0, 10);
        row["stale"] = now - *service->checked > kCheckedFor;
    }
    [[nodiscard]] Json hosts_of(const std::string& id) const {
        const auto service = find(id);
        if (service == read_.services.end()) return nullptr;
        Json hosts = Json::array();
        for (const auto& domain : service->domains)
            hosts.push_back({{"name", domain.name.to_string()},
                             {"role", domainset::role_to_text(domain.role)},
                             {"strict", domain.strict}});
        return hosts;
    }

private:
    static constexpr std::chrono::days kCheckedFor{180};
    [[nodiscard]] std::vector<blocklists::Service>::const_iterator find(const std::string& id) const {
        return std::find_if(read_.services.begin(), read_.services.end(),
                            [&](const auto& one) { return one.id == id; });
    }
    blocklists::Catalogue read_;
};

Result<Json> services_from_files(Session& session) {
    const auto settings = session.settings();
    if (!settings) return settings.error();
    const auto set = session.set();
    if (set && *set != nullptr) return config::services_json(**set);
    Diagnostics ignored;
    return config::services_json(blocklists::load_catalogue((*settings)->services, ignored));
}

Json filtered(const Json& rows, const Flags& flags) {
    Json kept = Json::array();
    for (const auto& row : rows) {
        const auto categories = row.value("category", Json::array());
        const bool category = flags.category.empty() ||
                              std::any_of(categories.begin(), categories.end(),
                                          [&](const Json& one) { return equal_folded(cell(one), flags.category); });
        const bool vendor = flags.vendor.empty() || equal_folded(cell(row, "vendor"), flags.vendor);
        const bool jurisdiction =
            flags.jurisdiction.empty() || equal_folded(cell(row, "jurisdiction"), flags.jurisdiction);
        const bool stale = !flags.stale || row.value("stale", false);
        if (category && vendor && jurisdiction && stale) kept.push_back(row);
    }
    return kept;
}

void print_services(const Json& rows) {
    Table table({"SERVICE", "VENDOR", "CC", "NAMES", "CHECKED", "CATEGORY", "NAME"});
    for (const auto& row : rows)
        table.add({cell(row, "id"), cell(row, "vendor"), cell(row, "jurisdiction"), cell(row, "domains"),
                   cell(row, "checked") + (row.value("stale", false) ? " stale" : ""), cell(row, "category"),
                   cell(row, "name")});
    table.print();
}

void print_service(Json row) {
    row["default"] = row.value("default", true) ? "yes" : "only with strict = true in the directive; else by its name";
    print_fields(row, {{"service", "id"},
                       {"name", "name"},
                       {"aliases", "aliases"},
                       {"vendor", "vendor"},
                       {"jurisdiction", "jurisdiction"},
                       {"category", "category"},
                       {"taken by wildcards", "default"},
                       {"never sinkholed", "shared"},
                       {"last checked", "checked"},
                       {"evidence", "evidence"},
                       {"note", "note"}});
    if (row.value("stale", false)) fmt::print("nobody has checked this for half a year\n");
    const auto hosts = row.value("hosts", Json());
    if (!hosts.is_array()) return;
    Table table({"NAME", "ROLE", ""});
    for (const auto& host : hosts)
        table.add({cell(host, "name"), cell(host, "role"), host.value("strict", false) ? "strict" : ""});
    table.print();
}

Exit services(Session& session, const Flags& flags) {
    auto rows = session.ask_or_read("services", Json::object(), [&] { return services_from_files(session); });
    if (!rows) return fail(rows.error());
    const Catalogue catalogue(session);
    for (auto& row : *rows) catalogue.complete(row, wall_now());
    if (flags.id.empty()) {
        const auto kept = filtered(*rows, flags);
        flags.json ? print_json(kept) : print_services(kept);
        return Exit::Done;
    }
    auto row = find_row(*rows, flags.id, "service");
    if (!row) return fail(row.error());
    (*row)["hosts"] = catalogue.hosts_of((*row)["id"].get<std::string>());
    flags.json ? print_json(Json::array({*row})) : print_service(*row);
    return Exit::Done;
}

}  // namespace

void add_services(Verbs& verbs) {
    CLI::App* verb = verbs.add("services", "The AI services that are known; with an ID all of one");
    const auto flags = std::make_shared<Flags>();
    verb->add_option("ID", flags->id, "One service, by its id or an alias")->type_name("");
    verb->add_option("--vendor", flags->vendor, "Only of this vendor")->type_name("NAME");
    verb->add_option("--category", flags->category, "Only of this category")->type_name("NAME");
    verb->add_option("--jurisdiction", flags->jurisdiction, "Only of this jurisdiction")->type_name("CC");
    verb->add_flag("--stale", flags->stale, "Only those that nobody has checked for half a year");
    verb->add_flag("--json", flags->json, "Print JSON");
    verbs.on(verb, [flags](Session& session) { return services(session, *flags); });
}

}  // namespace cenote::cli
