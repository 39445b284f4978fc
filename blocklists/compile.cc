// SPDX-License-Identifier: Apache-2.0
#include "blocklists/compile.h"

#include <fmt/format.h>

#include <algorithm>

#include "blocklists/acceptance.h"
#include "blocklists/catalogue.h"
#include "blocklists/list_copy.h"
#include "blocklists/rpz_trigger.h"
#include "resolver/domainset/publish.h"
#include "resolver/domainset/writer.h"

namespace cenote::blocklists {
namespace {

constexpr std::size_t kLeftOutShown = 10;

bool is_error(const Diagnostic& diagnostic) noexcept { return diagnostic.severity == Diagnostic::Severity::Error; }

class Compiler {
public:
    Compiler(const Manifest& manifest, const Acceptance& acceptance, Diagnostics& diagnostics)
        : manifest_(manifest),
          acceptance_(acceptance),
          diagnostics_(diagnostics),
          writer_(manifest.built_at, manifest.seed) {}

    Result<Compiled> run(const Catalogue& catalogue) {
        for (const auto& service : catalogue.services) add_service(service);
        if (auto taken = check_catalogue(); !taken) return std::move(taken).error();
        for (const auto& list : manifest_.lists) add_list(list);
        if (auto whole = check_copies(); !whole) return std::move(whole).error();
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
            if (auto checked = acceptance_.check_service_name(domain.name); !checked) {
                std::string why = std::move(checked).error().text;
                diagnostics_.warning(domain.place, fmt::format("'{}' of service '{}' is left out: {}",
                                                               domain.name.to_string(), service.id, why));
                report_.services_left_out.push_back({domain.name.to_string(), std::move(why), domain.place.line});
                continue;
            }
            writer_.add(domain.name, {index, domain.role, domain.strict}, domainset::MatchKind::Suffix);
            ++report_.service_domains;
        }
    }

    /// The names of the catalogue are accepted or refused as those of a list.
    Status check_catalogue() const {
        if (manifest_.services_last_good.empty() || manifest_.force) return Done{};
        const Manifest::List kept{
            .id = {}, .path = {}, .format = Format::Domains, .last_good = manifest_.services_last_good};
        const auto before = ListCopy::read_last_good(kept, acceptance_.guard(), manifest_.limits);
        if (!before) return Done{};  // this is the first
        auto now = ListCopy::of(report_.services_text, "the catalogue", Format::Domains, acceptance_.guard(),
                                manifest_.limits);
        if (!now) return std::move(now).error();
        now->forget_lines();
        return acceptance_.check_catalogue(*before, *now);
    }

    /// A list whose copy is damaged and whose source gives nothing would lose its names.
    Status check_copies() const {
        for (std::size_t i = 0; i < manifest_.lists.size(); ++i)
            if (manifest_.lists[i].copy_damaged && report_.lists[i].path.empty() && !manifest_.force)
                return Error{fmt::format(
                    "list '{}' has no text, because its last good copy is damaged; nothing is compiled, and the set "
                    "stays as it is: update again when the source answers, or with --force without this list",
                    manifest_.lists[i].id)};
        return Done{};
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
            if (!list.last_good.empty()) copy = ListCopy::read_last_good(list, acceptance_.guard(), manifest_.limits);
            if (copy) report.path = list.last_good;
            from = list.last_good.string();
        }
        if (copy) {
            copy->report_to(report);
            add_rules(list, *copy);
            report_oddities(report, from);
        }
        report_.lists.push_back(std::move(report));
    }

    /// The list's new copy, if it is accepted.
    Result<ListCopy> read_copy(const Manifest::List& list) const {
        if (!list.failed.empty()) return Error{list.failed};
        auto copy = ListCopy::read(list, acceptance_.guard(), manifest_.limits);
        if (!copy || manifest_.force) return copy;
        const auto before = list.last_good.empty()
                                ? Result<ListCopy>(Error{"there is none"})
                                : ListCopy::read_last_good(list, acceptance_.guard(), manifest_.limits);
        if (auto checked = acceptance_.check_list(list, before ? &*before : nullptr, *copy); !checked)
            return std::move(checked).error();
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
        copy.for_each([&](const Rule& rule) {
            if (rule.trigger != Rule::Trigger::Name)
                writer_.add_address(address_use_of(rule.trigger), rule.prefix, tag, !rule.exception);
            else if (rule.exception)
                writer_.add_exception(rule.name, index, rule.kind);
            else
                writer_.add(rule.name, tag, rule.kind);
        });
    }

    void report_oddities(const ListReport& report, const std::string& file) {
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
    const Acceptance& acceptance_;
    Diagnostics& diagnostics_;
    domainset::DomainSetWriter writer_;
    CompileReport report_;
};

}  // namespace

Result<Compiled> compile_in_memory(const Manifest& manifest, Diagnostics& diagnostics) {
    const auto before = static_cast<std::ptrdiff_t>(diagnostics.all().size());
    const auto catalogue = load_catalogue(manifest.services, diagnostics);
    if (std::any_of(diagnostics.all().begin() + before, diagnostics.all().end(), is_error))
        return Error{"the catalogue has mistakes, nothing is compiled; mend them, they are named above"};
    const auto acceptance = Acceptance::of(manifest, catalogue);
    if (!acceptance) return acceptance.error();
    auto compiled = Compiler(manifest, *acceptance, diagnostics).run(catalogue);
    if (!compiled) return compiled;
    // Only what the daemon will accept may be published.
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
