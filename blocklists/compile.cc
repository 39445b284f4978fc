// SPDX-License-Identifier: Apache-2.0
#include "blocklists/compile.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "blocklists/acceptance.h"
#include "blocklists/catalogue.h"
#include "blocklists/guard.h"
#include "blocklists/list_copy.h"
#include "blocklists/popular.h"
#include "blocklists/rpz_trigger.h"
#include "resolver/base/time_text.h"
#include "resolver/domainset/address_names.h"
#include "resolver/domainset/publish.h"
#include "resolver/domainset/writer.h"

namespace cenote::blocklists {
namespace {

constexpr std::size_t kLeftOutShown = 10;

/// When something was signed.
std::string signing_text(std::int64_t time) {
    return time == 0 ? "without a time" : format_time(WallTime(seconds(time)));
}

bool is_error(const Diagnostic& diagnostic) noexcept { return diagnostic.severity == Diagnostic::Severity::Error; }

class Compiler {
public:
    Compiler(const Manifest& manifest, Diagnostics& diagnostics)
        : manifest_(manifest), diagnostics_(diagnostics), writer_(manifest.built_at, manifest.seed) {}

    Result<Compiled> run() {
        const auto before = static_cast<std::ptrdiff_t>(diagnostics_.all().size());
        const auto catalogue = load_catalogue(manifest_.services, diagnostics_);
        if (std::any_of(diagnostics_.all().begin() + before, diagnostics_.all().end(), is_error))
            return Error{"the catalogue has mistakes, nothing is compiled; mend them, they are named above"};
        guard_ = guard_of(manifest_, catalogue);
        auto popular = Popular::of(manifest_);
        if (!popular) return std::move(popular).error();
        popular_ = std::move(*popular);
        for (const auto& service : catalogue.services) add_service(service);
        if (auto taken = check_catalogue(); !taken) return std::move(taken).error();
        for (const auto& list : manifest_.lists) add_list(list);
        auto bytes = writer_.finish();
        if (!bytes) return std::move(bytes).error();
        return Compiled{*std::move(bytes), std::move(report_)};
    }

private:
    void add_service(const Service& service) {
        domainset::Source source;
        source.kind = domainset::SourceKind::Service;
        source.by_default = service.by_default;
        source.digest = service.digest;
        source.id = service.id;
        source.name = service.name;
        source.vendor = service.vendor;
        source.jurisdiction = service.jurisdiction;
        source.aliases = service.aliases;
        source.categories = service.categories;
        for (const auto& name : service.shared) source.shared_names.push_back(name.to_string());
        source.note = service.note;
        const auto index = writer_.add_source(std::move(source));
        ++report_.services;
        for (const auto& domain : service.domains) {
            report_.services_text += domain.name.to_string() + '\n';
            if (auto why = guarded(domain.name)) {
                diagnostics_.warning(domain.place, fmt::format("'{}' of service '{}' is left out: {}",
                                                               domain.name.to_string(), service.id, *why));
                report_.services_left_out.push_back({domain.name.to_string(), std::move(*why), domain.place.line});
                continue;
            }
            writer_.add(domain.name, {index, domain.role, domain.strict}, domainset::MatchKind::Suffix);
            ++report_.service_domains;
        }
    }

    /// The catalogue's names are a list like any other.
    Status check_catalogue() const {
        if (manifest_.services_last_good.empty() || manifest_.force) return Done{};
        const Manifest::List kept{
            .id = {}, .path = {}, .format = Format::Domains, .last_good = manifest_.services_last_good};
        const auto before = ListCopy::read_last_good(kept, guard(), manifest_.limits);
        if (!before) return Done{};  // none was taken before this one
        auto now = ListCopy::of(report_.services_text, "the catalogue", Format::Domains, guard(), manifest_.limits);
        if (!now) return std::move(now).error();
        now->forget_lines();
        const std::string why = why_not_taken(&*before, *now, popular_, manifest_.limits);
        if (why.empty()) return Done{};
        return Error{fmt::format(
            "the catalogue is not taken: {}; the set in use stays, force takes the catalogue as it is", why)};
    }

    std::optional<std::string> guarded(const wire::Name& name) const {
        return manifest_.force ? std::nullopt : guard_.why_not(name, domainset::MatchKind::Suffix);
    }

    void add_list(const Manifest::List& list) {
        ListReport report;
        report.id = list.id;
        auto copy = read_copy(list);
        std::string from = list.from();
        if (copy) {
            report.path = list.path;
        } else {
            report.error = copy.error().text;
            diagnostics_.error({}, fmt::format("list '{}' is not taken: {}", list.id, report.error));
            if (!list.last_good.empty()) copy = ListCopy::read_last_good(list, guard(), manifest_.limits);
            if (copy) report.path = list.last_good;
            from = list.last_good.string();
        }
        if (copy) {
            copy->report_to(report);
            add_rules(list, *copy);
            say_what_was_odd(report, from);
        }
        report_.lists.push_back(std::move(report));
    }

    [[nodiscard]] const Guard* guard() const noexcept { return manifest_.force ? nullptr : &guard_; }

    /// The list's new copy. A later one is compared with the last good one.
    Result<ListCopy> read_copy(const Manifest::List& list) const {
        if (!list.failed.empty()) return Error{list.failed};
        auto copy = ListCopy::read(list, guard(), manifest_.limits);
        if (!copy || manifest_.force) return copy;
        if (list.signed_since > copy->signed_at() && !list.key.empty())
            return Error{
                fmt::format("{}: it is signed {}, before the last good copy ({}), as an older list in its "
                            "place would be; the last good copy serves, force takes this one as it is",
                            list.from(), signing_text(copy->signed_at()), signing_text(list.signed_since))};
        const auto before = list.last_good.empty() ? Result<ListCopy>(Error{"there is none"})
                                                   : ListCopy::read_last_good(list, guard(), manifest_.limits);
        const std::string why = why_not_taken(before ? &*before : nullptr, *copy, popular_, manifest_.limits);
        if (!why.empty())
            return Error{fmt::format("{}: {}; {}force takes the new one as it is", list.from(), why,
                                     before ? "the last good copy serves, " : "")};
        return copy;
    }

    void add_rules(const Manifest::List& list, const ListCopy& copy) {
        domainset::Source source;
        source.kind = domainset::SourceKind::List;
        source.digest = copy.digest();
        source.id = list.id;
        source.format = format_to_text(copy.format());
        const auto index = writer_.add_source(std::move(source));
        const domainset::Tag tag{index, domainset::Role::Web, false};
        std::set<domainset::AddressUse> uses;
        copy.for_each([&](const Rule& rule) {
            const auto use = address_use_of(rule.trigger);
            const bool address = rule.trigger != Rule::Trigger::Name;
            const wire::Name name = address ? domainset::name_of({rule.prefix, !rule.exception}, use) : rule.name;
            if (rule.exception && !address)
                writer_.add_exception(name, index, rule.kind);
            else
                writer_.add(name, tag, rule.kind);
            if (address && uses.insert(use).second)
                writer_.add(domainset::addresses_below(use), tag, domainset::MatchKind::Exact);
        });
    }

    void say_what_was_odd(const ListReport& report, const std::string& file) {
        for (const auto& refused : report.refused_lines)
            diagnostics_.warning({file, refused.line, 1}, fmt::format("not understood: {}", refused.why));
        if (report.refused > report.refused_lines.size())
            diagnostics_.warning({file, 0, 0},
                                 fmt::format("list '{}' has {} lines that are not understood, the first {} "
                                             "are named",
                                             report.id, report.refused, report.refused_lines.size()));
        for (std::size_t i = 0; i < std::min(report.left_out.size(), kLeftOutShown); ++i)
            diagnostics_.warning({file, report.left_out[i].line, 1},
                                 fmt::format("'{}' is left out, it may not be sinkholed: {}", report.left_out[i].name,
                                             report.left_out[i].why));
        if (report.left_out.size() > kLeftOutShown)
            diagnostics_.warning({file, 0, 0},
                                 fmt::format("list '{}' has {} names that may not be sinkholed, the first "
                                             "{} are named",
                                             report.id, report.left_out.size(), kLeftOutShown));
    }

    const Manifest& manifest_;
    Diagnostics& diagnostics_;
    domainset::DomainSetWriter writer_;
    Guard guard_;
    Popular popular_;
    CompileReport report_;
};

}  // namespace

Guard guard_of(const Manifest& manifest, const Catalogue& catalogue) {
    using Reach = Guard::Reach;
    Guard guard;
    for (const auto& name : manifest.protect) guard.add(name, Reach::NameAndBelow, "under protect");
    for (const auto& zone : manifest.route_zones)
        guard.add(zone, Reach::NameAndBelow, "a zone with servers of its own");
    for (const auto& name : manifest.local_names) guard.add(name, Reach::NameOnly, "answered here ([[local]])");
    for (const auto& shared : catalogue.shared)
        guard.add(shared.name, Reach::NameOnly, fmt::format("a shared name of {}", shared.whose));
    guard.set_addresses(domainset::AddressGuard(manifest.addresses));
    return guard;
}

Result<Compiled> compile_in_memory(const Manifest& manifest, Diagnostics& diagnostics) {
    auto compiled = Compiler(manifest, diagnostics).run();
    if (!compiled) return compiled;
    // What we would publish must be what the daemon takes.
    const auto set = domainset::DomainSet::from_bytes(compiled->bytes);
    if (!set) return set.error();
    compiled->report.info = set->info();
    return compiled;
}

Result<CompileReport> compile(const Manifest& manifest, const Path& out, Diagnostics& diagnostics) {
    auto compiled = compile_in_memory(manifest, diagnostics);
    if (!compiled) return std::move(compiled).error();
    if (auto done = domainset::publish_set(out, compiled->bytes); !done) return std::move(done).error();
    return std::move(compiled->report);
}

}  // namespace cenote::blocklists
