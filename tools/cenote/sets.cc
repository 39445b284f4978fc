// SPDX-License-Identifier: Apache-2.0
//
// compile, inspect, diff: sets as files, without daemon or network.
#include <fmt/format.h>

#include "resolver/report/fields.h"
#include "resolver/report/set.h"
#include "tools/cenote/as_owner.h"
#include "tools/cenote/compile_report.h"
#include "tools/cenote/print.h"
#include "tools/cenote/verbs.h"

namespace cenote::cli {
namespace {

namespace field = report::field;

struct CompileFlags {
    Path out;
    bool force = false;
};

struct InspectFlags {
    Path file;
    bool json = false;
};

Exit compile(Session& session, const CompileFlags& flags) {
    const auto settings = session.settings();
    if (!settings) return fail(settings.error());
    const auto owner = AsOwner::of(flags.out.parent_path());
    if (!owner) return fail(owner.error());
    auto manifest = config::manifest_of(**settings, wall_now());
    manifest.force = flags.force;
    Diagnostics diagnostics;
    const auto report = blocklists::compile(manifest, flags.out, diagnostics);
    print_mistakes(diagnostics);
    if (!report) return fail(report.error());
    print_report(*report);
    return failed_lists(*report) == 0 && !diagnostics.has_errors() ? Exit::Done : Exit::Failed;
}

Exit inspect(Session& session, const InspectFlags& flags) {
    const auto set = domainset::DomainSet::open(flags.file);
    if (!set) return fail(set.error());
    const Json answer = report::set_json(flags.file, *set);
    if (flags.json) {
        print_json(answer);
        return Exit::Done;
    }
    print_fields(session.json_at_site(answer), {{"set", field::kPath},
                                                {"built", field::kBuiltAt},
                                                {"names", field::kDomains},
                                                {"changed in its delta", field::kDelta},
                                                {"bytes", field::kBytes},
                                                {"services", field::kServices},
                                                {"lists", field::kLists},
                                                {"SHA-256", field::kDigest}});
    Table table({"SOURCE", "KIND", "ENTRIES", "FORMAT"});
    for (const auto& row : answer[field::kSources])
        table.add(
            {cell(row, field::kId), cell(row, field::kKind), cell(row, field::kEntries), cell(row, field::kFormat)});
    table.print();
    return Exit::Done;
}

struct DiffFlags {
    Path before, after, popular;
    bool json = false;
};

Exit diff(const DiffFlags& flags) {
    const auto before = domainset::DomainSet::open(flags.before);
    if (!before) return fail(before.error());
    const auto after = domainset::DomainSet::open(flags.after);
    if (!after) return fail(after.error());
    blocklists::Popular popular;
    if (!flags.popular.empty()) {
        auto read = blocklists::Popular::load(flags.popular);
        if (!read) return fail(read.error());
        popular = std::move(*read);
    }
    const auto changes = blocklists::diff(*before, *after, popular);
    flags.json ? print_json(changes_json(changes)) : print_changes(changes);
    return Exit::Done;
}

}  // namespace

void add_sets(Verbs& verbs) {
    CLI::App* verb = verbs.add("compile", "Compile the catalogue and the lists into FILE");
    const auto compile_flags = std::make_shared<CompileFlags>();
    verb->add_option("--out", compile_flags->out, "The file to write")->required()->type_name("FILE");
    verb->add_flag("--force", compile_flags->force, "Accept names that may not be sinkholed");
    verbs.on(verb, [compile_flags](Session& session) { return compile(session, *compile_flags); });

    verb = verbs.add("diff", "The names that differ between two sets, most popular first");
    const auto diff_flags = std::make_shared<DiffFlags>();
    verb->add_option("OLD", diff_flags->before, "The older set")->required()->type_name("");
    verb->add_option("NEW", diff_flags->after, "The newer set")->required()->type_name("");
    verb->add_option("--popular", diff_flags->popular, "Popular names, most popular first")->type_name("FILE");
    verb->add_flag("--json", diff_flags->json, "Print JSON");
    verbs.on(verb, [diff_flags](Session&) { return diff(*diff_flags); });

    verb = verbs.add("inspect", "Check a whole set, and print its contents in numbers");
    const auto inspect_flags = std::make_shared<InspectFlags>();
    verb->add_option("FILE", inspect_flags->file, "The set")->required()->type_name("");
    verb->add_flag("--json", inspect_flags->json, "Print JSON");
    verbs.on(verb, [inspect_flags](Session& session) { return inspect(session, *inspect_flags); });
}

}  // namespace cenote::cli
