// SPDX-License-Identifier: Apache-2.0
//
// report: the risk-assessment report of a time, from the counts, rules and records that the daemon has.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "resolver/base/fd.h"
#include "resolver/report/fields.h"
#include "tools/cenote/as_owner.h"
#include "tools/cenote/print.h"
#include "tools/cenote/state_copy.h"
#include "tools/cenote/verbs.h"

namespace cenote::cli {
namespace {

namespace field = report::field;

struct ReportFlags {
    std::string from, to, directive, group, format = "json", out, risk;
};

Result<std::string> read_text(int fd) {
    std::string text;
    std::vector<char> bytes(std::size_t{1} << 16);
    for (;;) {
        const ssize_t size = ::read(fd, bytes.data(), bytes.size());
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return Error{"cannot read what cenoted gave"};
        if (size == 0) return text;
        text.append(bytes.data(), static_cast<std::size_t>(size));
    }
}

Result<Json> request_of(const ReportFlags& flags) {
    Json args = Json::object();
    for (const auto& [key, value] :
         {std::pair(field::kFrom, &flags.from), std::pair(field::kTo, &flags.to),
          std::pair(field::kDirective, &flags.directive), std::pair(field::kGroup, &flags.group)})
        if (!value->empty()) args[key] = *value;
    if (flags.risk.empty()) return args;
    std::ifstream in(flags.risk, std::ios::binary);
    if (!in) return Error{fmt::format("cannot read {}", flags.risk)};
    args[field::kBody] = std::string(std::istreambuf_iterator<char>(in), {});
    args[field::kPath] = flags.risk;
    return args;
}

Exit make_report(Session& session, const ReportFlags& flags) {
    auto args = request_of(flags);
    if (!args) return fail(args.error());
    const auto files = session.ask_files("report", std::move(*args));
    if (!files) return fail(files.error());
    if (files->size() != 1) return fail(Error{"cenoted gave no report"});
    if (!flags.out.empty()) {
        const auto owner = AsOwner::of(Path(flags.out).parent_path());
        if (!owner) return fail(owner.error());
        const auto written = write_new(files->front()->get(), flags.out);
        return written ? Exit::Done : fail(written.error());
    }
    const auto text = read_text(files->front()->get());
    if (!text) return fail(text.error());
    std::fwrite(text->data(), 1, text->size(), stdout);
    return Exit::Done;
}

}  // namespace

void add_report(Verbs& verbs) {
    CLI::App* verb =
        verbs.add("report", "The risk-assessment report of a time: what was used, and what directives changed");
    const auto flags = std::make_shared<ReportFlags>();
    verb->add_option("--from", flags->from,
                     "From this time on; by default the last whole month, or the one before --to")
        ->type_name(kTimeType)
        ->check(check_time);
    verb->add_option("--to", flags->to,
                     "Before this time; by default the end of the last whole month, or with --from now")
        ->type_name(kTimeType)
        ->check(check_time);
    verb->add_option("--directive", flags->directive, "Of this directive only")->type_name("ID");
    verb->add_option("--group", flags->group, "Of this group only")->type_name("GROUP");
    verb->add_option("--format", flags->format, "How it is written")
        ->type_name("FORMAT")
        ->check(CLI::IsMember({"json"}))
        ->capture_default_str();
    verb->add_option("--out", flags->out, "A new file; by default the output")->type_name("PATH");
    verb->add_option("--risk", flags->risk,
                     "The rules for how much attention a service needs, in the place of those built in")
        ->type_name("FILE");
    verbs.on(verb, [flags](Session& session) { return make_report(session, *flags); });
}

}  // namespace cenote::cli
