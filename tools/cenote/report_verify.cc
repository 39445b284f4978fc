// SPDX-License-Identifier: Apache-2.0
#include "tools/cenote/report_verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "blocklists/minisign.h"
#include "resolver/base/time_text.h"
#include "tools/cenote/print.h"

namespace cenote::cli {
namespace {

constexpr seconds kDay{86400};

std::string text_in(const Json& row, const char* key) {
    const auto found = row.is_object() ? row.find(key) : row.end();
    return row.is_object() && found != row.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Json list_in(const Json& object, const char* key) {
    const auto found = object.is_object() ? object.find(key) : object.end();
    return object.is_object() && found != object.end() && found->is_array() ? *found : Json::array();
}

/// Day and node.
using DayNode = std::pair<std::string, std::string>;

struct Sealed {
    std::map<DayNode, Json> rows;
    Json unknown_policies = Json::array();
};

Result<Sealed> ask_for_seals(const ReportFile& file, const Json& policies, const VerifyAsks& asks) {
    Sealed sealed;
    Json args{{"from", file.parameters["from"]}, {"to", file.parameters["to"]}, {"policies", policies}};
    for (;;) {
        const auto part = asks.seals(args);
        if (!part) return part.error();
        for (const Json& row : list_in(*part, "rows")) sealed.rows[{text_in(row, "day"), text_in(row, "node")}] = row;
        if (!args["policies"].empty()) sealed.unknown_policies = list_in(*part, "unknown_policies");
        const std::string next = text_in(*part, "next");
        if (next.empty()) return sealed;
        args["from"] = next;
        args["policies"] = Json::array();
    }
}

/// The digests that a report as JSON has of its days.
std::map<DayNode, std::string> days_of(const Json& report) {
    std::map<DayNode, std::string> days;
    const auto data = report.find("data");
    for (const Json& day : data == report.end() ? Json::array() : list_in(*data, "days"))
        for (const Json& node : list_in(day, "nodes"))
            days[{text_in(day, "day"), text_in(node, "node")}] = text_in(node, "digest");
    return days;
}

std::set<std::string> nodes_of(const Json& report) {
    std::set<std::string> nodes;
    const auto scope = report.find("scope");
    for (const Json& node : scope == report.end() ? Json::array() : list_in(*scope, "nodes"))
        if (node.is_string()) nodes.insert(node.get<std::string>());
    return nodes;
}

class DaysCheck {
public:
    DaysCheck(const ReportFile& file, const Sealed& sealed)
        : sealed_(sealed),
          from_(parse_time(text_in(file.parameters, "from")).value()),
          to_(parse_time(text_in(file.parameters, "to")).value()) {
        if (!file.report) return;
        has_days_ = true;
        in_file_ = days_of(*file.report);
        nodes_ = nodes_of(*file.report);
    }

    ReportCheck check() {
        for (const auto& [of, row] : sealed_.rows)
            if (nodes_.empty() || nodes_.contains(of.second) || in_file_.contains(of)) check_day(of, row);
        for (const auto& [of, digest] : in_file_)
            if (!sealed_.rows.contains(of)) differs(of, "the rows of the report are not there any more");
        return std::move(*this).result();
    }

private:
    void differs(const DayNode& of, std::string_view why) {
        differ_.push_back(fmt::format("{}, {}: {}", of.first, of.second, why));
        days_.insert(of.first);
    }
    void remark(const DayNode& of, std::string_view what) {
        remarks_.push_back(fmt::format("{}, {}: {}", of.first, of.second, what));
    }
    /// Whether the report should have the day: all of it is in the period.
    [[nodiscard]] bool is_whole(const std::string& day) const {
        const auto at = parse_time(day + "T00:00:00Z");
        return at && *at >= from_ && *at + kDay <= to_;
    }

    void check_day(const DayNode& of, const Json& row) {
        const auto found = in_file_.find(of);
        const std::string state = text_in(row, "state");
        if (found != in_file_.end() && found->second != text_in(row, "digest"))
            differs(of, state == "gone" ? "the rows are gone" : "the rows are not those of the report");
        else if (has_days_ && found == in_file_.end() && is_whole(of.first))
            differs(of, "the report has no rows of it, and now there are some");
        else if (state == "changed")
            differs(of, "the rows are not those that were sealed");
        else if (state == "gone")
            differs(of, "the rows that were sealed are gone");
        else if (state == "without seal")
            differs(of, "there are rows, and there were none when later days were sealed");
        else if (text_in(row, "hours") == "changed")
            differs(of, "the hours are not those that were sealed");
        else if (state == "not yet sealed" || state == "no rows")
            ++without_seal_;
        else
            ++sealed_days_;
        note_seal(of, row);
    }

    void note_seal(const DayNode& of, const Json& row) {
        if (text_in(row, "hours") == "deleted") ++without_hours_;
        const auto seal = row.find("seal");
        if (seal == row.end() || !seal->is_object() || seal->value("times", 1) < 2) return;
        remark(of, fmt::format("sealed {} times, the last time on {}: {}", seal->value("times", 1),
                               text_in(*seal, "at"), text_in(*seal, "why_again")));
    }

    ReportCheck result() && {
        ReportCheck check{.name = "days", .good = differ_.empty(), .sentence = {}, .details = std::move(differ_)};
        if (!check.good) {
            check.sentence = fmt::format("the data has changed on {} of the days: {}", days_.size(), *days_.begin());
            if (days_.size() > 1) check.sentence += fmt::format(" is the first, {} the last", *days_.rbegin());
        } else if (sealed_days_ + without_seal_ == 0) {
            check.sentence = "the history has no day of the period";
            check.good = !has_days_ || in_file_.empty();
        } else {
            check.sentence = fmt::format("the data is unchanged: {} days are as they were sealed", sealed_days_);
            if (without_seal_ > 0)
                check.sentence += fmt::format(", {} have no seal yet or nothing to seal", without_seal_);
            if (without_hours_ > 0)
                check.sentence += fmt::format(", of {} the hours were deleted by now", without_hours_);
        }
        check.details.insert(check.details.end(), remarks_.begin(), remarks_.end());
        return check;
    }

    const Sealed& sealed_;
    WallTime from_;
    WallTime to_;
    bool has_days_ = false;
    std::map<DayNode, std::string> in_file_;
    std::set<std::string> nodes_;  // empty: all
    std::vector<std::string> differ_;
    std::vector<std::string> remarks_;
    std::set<std::string> days_;  // that differ
    std::size_t sealed_days_ = 0;
    std::size_t without_seal_ = 0;
    std::size_t without_hours_ = 0;
};

Json policies_of(const Json& report) {
    Json digests = Json::array();
    for (const Json& each : list_in(report, "policies"))
        if (std::string digest = text_in(each, "digest"); !digest.empty()) digests.push_back(std::move(digest));
    return digests;
}

ReportCheck check_policies(const Json& asked, const Json& unknown) {
    ReportCheck check{.name = "policies", .good = unknown.empty(), .sentence = {}, .details = {}};
    if (check.good) {
        check.sentence = fmt::format("the trail knows the {} policies of the report", asked.size());
        return check;
    }
    check.sentence =
        fmt::format("the trail does not know {} of the {} policies of the report", unknown.size(), asked.size());
    for (const Json& digest : unknown) check.details.push_back(fmt::format("policy {}", cell(digest)));
    return check;
}

ReportCheck check_recomputed(const ReportFile& file, const VerifyAsks& asks) {
    ReportCheck check{.name = "recomputed", .good = false, .sentence = {}, .details = {}};
    const auto now = asks.recompute(file.parameters);
    if (!now) {
        check.sentence = fmt::format("the figures could not be made again: {}", now.error().text);
        return check;
    }
    const std::string digest = text_in(*now, "data_digest");
    check.good = digest == file.data_digest;
    check.sentence = check.good ? "made again from the data, the report has the same digest"
                                : fmt::format(
                                      "made again from the data, the report has the digest {}, and the file "
                                      "names {}",
                                      digest, file.data_digest);
    return check;
}

/// The second line of a .pub file, or the key itself.
std::string key_in(const std::string& key) {
    std::ifstream in(key);
    std::string comment;
    std::string line;
    if (!in || !std::getline(in, comment) || !std::getline(in, line)) return key;
    while (line.ends_with('\r') || line.ends_with(' ')) line.pop_back();
    return line;
}

Result<std::string> read_bytes(const Path& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) return Error{fmt::format("cannot read {}", path.string())};
    return std::string(std::istreambuf_iterator<char>(in), {});
}

/// The daemon gives a report as an open file.
Result<Json> report_of_daemon(Session& session, Json parameters, const Json& more) {
    parameters.update(more);
    const auto files = session.ask_files("report", std::move(parameters));
    if (!files) return files.error();
    if (files->size() != 1) return Error{"cenoted gave no report"};
    const auto text = read_bytes(fmt::format("/proc/self/fd/{}", files->front()->get()));
    if (!text) return text.error();
    Json report = Json::parse(*text, nullptr, false);
    if (!report.is_object()) return Error{"cenoted gave a damaged report"};
    return report;
}

Json json_of(const std::string& file, const std::vector<ReportCheck>& checks) {
    Json rows = Json::array();
    bool good = true;
    for (const ReportCheck& check : checks) {
        good = good && check.good;
        rows.push_back(
            {{"check", check.name}, {"ok", check.good}, {"says", check.sentence}, {"details", check.details}});
    }
    return {{"file", file}, {"ok", good}, {"checks", std::move(rows)}};
}

void print_check(const ReportCheck& check) {
    if (check.good)
        fmt::print("{}\n", check.sentence);
    else
        fail(Error{check.sentence});
    for (const std::string& detail : check.details) fmt::print(check.good ? stdout : stderr, "  {}\n", detail);
}

}  // namespace

Result<std::vector<ReportCheck>> check_report(const ReportFile& file, const VerifyAsks& asks) {
    std::vector<ReportCheck> checks;
    if (!file.contradiction.empty())
        checks.push_back({"figures", false, fmt::format("the file was changed: {}", file.contradiction), {}});
    else if (file.format != "html" && file.format != "text")
        checks.push_back({"figures", true, "the file has the digest that it names", {}});
    const Json policies = file.report ? policies_of(*file.report) : Json::array();
    const auto sealed = ask_for_seals(file, policies, asks);
    if (!sealed) return sealed.error();
    checks.push_back(DaysCheck(file, *sealed).check());
    if (!policies.empty()) checks.push_back(check_policies(policies, sealed->unknown_policies));
    checks.push_back(check_recomputed(file, asks));
    return checks;
}

Result<ReportCheck> check_signature(const Path& file, const std::string& key) {
    const auto parsed = blocklists::MinisignKey::parse(key_in(key));
    if (!parsed) return parsed.error();
    const auto content = read_bytes(file);
    if (!content) return content.error();
    ReportCheck check{.name = "signature", .good = false, .sentence = {}, .details = {}};
    const auto signature = read_bytes(file.string() + ".minisig");
    if (!signature) {
        check.sentence = fmt::format("there is no signature: {}", signature.error().text);
        return check;
    }
    const auto made = parsed->verify(bytes_of(*content), *signature);
    check.good = made.ok();
    if (!made)
        check.sentence = fmt::format("the signature {}.minisig does not hold: {}", file.string(), made.error().text);
    else if (*made == 0)
        check.sentence = "the file is signed with the key";
    else
        check.sentence = fmt::format("the file is signed with the key, on {}", format_time(WallTime(seconds(*made))));
    return check;
}

void add_verify_flags(CLI::App& verb, const std::shared_ptr<VerifyFlags>& flags) {
    auto* file =
        verb.add_option("--verify", flags->file,
                        "Whether the data behind a report is unchanged: a file of any format but pdf, or a folder "
                        "of csv files")
            ->type_name("FILE");
    verb.add_option("--key", flags->key, "Also check FILE.minisig with this public key of minisign, or the file of it")
        ->type_name("KEY")
        ->needs(file);
    verb.add_flag("--json", flags->json, "Print JSON");
}

Exit verify_report(Session& session, const VerifyFlags& flags) {
    std::error_code none;
    if (!flags.key.empty() && std::filesystem::is_directory(flags.file, none))
        return wrong_command_line(Error{"a signature is of one file, not of a folder of tables; name the file"});
    const auto file = read_report_file(flags.file);
    if (!file) return wrong_command_line(file.error());
    const VerifyAsks asks{
        .seals = [&session](Json args) { return session.ask("seals", std::move(args)); },
        .recompute = [&](const Json& parameters) { return report_of_daemon(session, parameters, flags.more); }};
    auto checks = check_report(*file, asks);
    if (!checks) return fail(checks.error());
    if (!flags.key.empty()) {
        auto signature = check_signature(flags.file, flags.key);
        if (!signature) return wrong_command_line(signature.error());
        checks->push_back(std::move(*signature));
    }
    for (ReportCheck& check : *checks) {
        check.sentence = session.at_site(check.sentence);
        for (std::string& detail : check.details) detail = session.at_site(detail);
    }
    const bool good = std::ranges::all_of(*checks, &ReportCheck::good);
    if (flags.json)
        print_json(json_of(flags.file, *checks));
    else
        std::ranges::for_each(*checks, print_check);
    return good ? Exit::Done : Exit::Failed;
}

}  // namespace cenote::cli
