// SPDX-License-Identifier: Apache-2.0
//
// bypass: signals that clients go around the resolver, by day and group.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "resolver/report/bypass.h"
#include "resolver/report/fields.h"
#include "tools/cenote/print.h"
#include "tools/cenote/verbs.h"

namespace cenote::cli {
namespace {

namespace field = report::field;

struct BypassFlags {
    std::string since;
    bool json = false;
};

std::string upper(std::string_view word) {
    std::string text(word);
    for (char& c : text)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return text;
}

/// "12", and of a silence "3 of 400".
std::string count_text(const Json& row) {
    const std::string queries = cell(row, field::kQueries);
    return row.value(field::kUsual, Json()).is_null() ? queries
                                                      : fmt::format("{} of {}", queries, cell(row, field::kUsual));
}

/// A line for each day and group, a column for each signal.
void print_rows(const Json& rows) {
    std::vector<std::string> header{"DAY", "GROUP"};
    for (const report::SignalText& text : report::signal_texts()) header.push_back(upper(text.signal));
    std::map<std::pair<std::string, std::string>, std::map<std::string, std::string>> lines;
    for (const Json& row : rows)
        lines[{cell(row, field::kDay), cell(row, field::kGroup)}][cell(row, field::kSignal)] = count_text(row);
    Table table(header);
    for (const auto& [place, counts] : lines) {
        std::vector<std::string> line{place.first, place.second};
        for (const report::SignalText& text : report::signal_texts()) {
            const auto found = counts.find(std::string(text.signal));
            line.push_back(found == counts.end() ? "-" : found->second);
        }
        table.add(std::move(line));
    }
    table.print();
}

void print_texts(const Json& answer) {
    const Json rows = answer.value(field::kRows, Json::array());
    for (const Json& text : answer.value(field::kSignals, Json::array())) {
        const std::string signal = cell(text, field::kSignal);
        const bool given =
            std::any_of(rows.begin(), rows.end(), [&](const Json& row) { return cell(row, field::kSignal) == signal; });
        if (!given) continue;
        print_line(fmt::format("{}: {}.", signal, cell(text, field::kMayMean)), 2);
        print_line(fmt::format("  Or else: {}.", cell(text, field::kOrElse)), 2);
    }
}

Exit bypass(Session& session, const BypassFlags& flags) {
    Json args = Json::object();
    if (!flags.since.empty()) args[field::kSince] = flags.since;
    const auto answer = session.ask("bypass", std::move(args));
    if (!answer) return fail(answer.error());
    if (flags.json) {
        print_json(*answer);
        return Exit::Done;
    }
    const Json rows = answer->value(field::kRows, Json::array());
    if (rows.empty())
        fmt::print("no signal was counted\n");
    else
        print_rows(rows);
    const std::string until = session.at_site(cell(*answer, field::kUntil));
    if (cell(*answer, field::kSource) == "process")
        print_line(fmt::format("queries since the start of cenoted, {}: it keeps no history ([history])",
                               session.at_site(cell(*answer, field::kSince))));
    else
        print_line(fmt::format("queries by day of UTC, counted until {}", until));
    for (const Json& gap : answer->value(field::kGaps, Json::array()))
        print_line(
            session.at_site(fmt::format("{} did not count from {} to {} ({})", cell(gap, field::kNode),
                                        cell(gap, field::kFrom), cell(gap, field::kTo), cell(gap, field::kWhy))));
    print_texts(*answer);
    return Exit::Done;
}

}  // namespace

void add_bypass(Verbs& verbs) {
    CLI::App* verb =
        verbs.add("bypass", "Signals of ways around the resolver by day and group, and what they may mean");
    const auto flags = std::make_shared<BypassFlags>();
    verb->add_option("--since", flags->since, "From the day of this time on; by default the last 14 days")
        ->type_name(kTimeType)
        ->check(check_time);
    verb->add_flag("--json", flags->json, "Print JSON");
    verbs.on(verb, [flags](Session& session) { return bypass(session, *flags); });
}

}  // namespace cenote::cli
