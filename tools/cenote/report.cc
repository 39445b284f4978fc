// SPDX-License-Identifier: Apache-2.0
//
// report: the risk-assessment report of a time, from the counts, rules and records that the daemon has.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "resolver/base/fd.h"
#include "resolver/report/fields.h"
#include "tools/cenote/as_owner.h"
#include "tools/cenote/print.h"
#include "tools/cenote/report_output.h"
#include "tools/cenote/report_sign.h"
#include "tools/cenote/report_verify.h"
#include "tools/cenote/verbs.h"

namespace cenote::cli {
namespace {

namespace field = report::field;

struct ReportFlags {
    std::string from, to, directive, group, format, language = "en", table, risk, key;
    Path out;
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

/// The table of rules for attention, for the verb `report`.
Status add_risk(const std::string& file, Json& args) {
    if (file.empty()) return Done{};
    std::ifstream in(file, std::ios::binary);
    if (!in) return Error{fmt::format("cannot read {}", file)};
    args[field::kBody] = std::string(std::istreambuf_iterator<char>(in), {});
    args[field::kPath] = file;
    return Done{};
}

Result<Json> report_of_daemon(Session& session, const ReportFlags& flags) {
    Json args = Json::object();
    for (const auto& [key, value] :
         {std::pair(field::kFrom, &flags.from), std::pair(field::kTo, &flags.to),
          std::pair(field::kDirective, &flags.directive), std::pair(field::kGroup, &flags.group)})
        if (!value->empty()) args[key] = *value;
    if (auto added = add_risk(flags.risk, args); !added) return std::move(added).error();
    const auto files = session.ask_files("report", std::move(args));
    if (!files) return files.error();
    if (files->size() != 1) return Error{"cenoted gave no report"};
    const auto text = read_text(files->front()->get());
    if (!text) return text.error();
    Json report = Json::parse(*text, nullptr, false);
    if (report.is_discarded()) return Error{"what cenoted gave is no JSON"};
    return report;
}

Exit make_report(Session& session, const ReportFlags& flags) {
    const auto format = chosen_format(flags.format, flags.out);
    if (!format) return wrong_command_line(format.error());
    if (!flags.key.empty() && (flags.out.empty() || *format == ReportFormat::Csv))
        return wrong_command_line(Error{"--sign makes a signature beside one file: name it with --out FILE"});
    const auto report = report_of_daemon(session, flags);
    if (!report) return fail(report.error());
    {
        std::optional<Result<AsOwner>> owner;
        if (!flags.out.empty()) owner.emplace(AsOwner::of(flags.out.parent_path()));
        if (owner && !*owner) return fail(owner->error());
        const auto language = document::parse_language(flags.language);
        const ReportOutput output{*format, language.value_or(document::Language::English), flags.out, flags.table};
        if (auto written = write_report(*report, output); !written) return fail(written.error());
    }
    if (flags.key.empty()) return Exit::Done;
    const auto made = sign_report(flags.out, flags.key);
    return made ? Exit::Done : fail(made.error());
}

Exit verify(Session& session, const ReportFlags& flags, VerifyFlags verifying) {
    if (auto added = add_risk(flags.risk, verifying.more); !added) return fail(added.error());
    return verify_report(session, verifying);
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
    verb->add_option("--lang", flags->language, "Its language")
        ->type_name("en|ko")
        ->check(CLI::IsMember({"en", "ko"}))
        ->capture_default_str();
    verb->add_option("--format", flags->format,
                     "text, json, csv, html or pdf; by default what the name of --out ends with, or text")
        ->type_name("FORMAT")
        ->check(CLI::IsMember({"text", "json", "csv", "html", "pdf"}));
    verb->add_option("--out", flags->out, "A file, or for csv a folder; by default the output")->type_name("PATH");
    verb->add_option("--table", flags->table, "One table of csv")->type_name("NAME");
    verb->add_option("--sign", flags->key, "Sign the file with this secret key of minisign, as FILE.minisig")
        ->type_name("KEY");
    verb->add_option("--risk", flags->risk,
                     "The rules for how much attention a service needs, in the place of those built in")
        ->type_name("FILE");
    const auto verifying = std::make_shared<VerifyFlags>();
    add_verify_flags(*verb, verifying);
    auto* const file = verb->get_option("--verify");
    for (const char* other :
         {"--from", "--to", "--directive", "--group", "--lang", "--format", "--out", "--table", "--sign"})
        file->excludes(verb->get_option(other));
    verbs.on(verb, [flags, verifying](Session& session) {
        if (!verifying->file.empty()) return verify(session, *flags, *verifying);
        if (verifying->json && flags->format.empty()) flags->format = "json";
        return make_report(session, *flags);
    });
}

}  // namespace cenote::cli
