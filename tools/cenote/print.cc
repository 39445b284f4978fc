// SPDX-License-Identifier: Apache-2.0
#include "tools/cenote/print.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "resolver/base/printable.h"
#include "resolver/report/fields.h"
#include "resolver/wire/international.h"

namespace cenote::cli {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kUsualColumns = 80;   // of a terminal that does not tell
constexpr std::size_t kFewestColumns = 20;  // below that lines are left to the terminal

bool in_colour() {
    const char* no_color = std::getenv("NO_COLOR");
    const char* term = std::getenv("TERM");
    return to_terminal() && (no_color == nullptr || *no_color == '\0') &&
           (term == nullptr || std::string_view(term) != "dumb");
}

bool& headers_everywhere() {
    static bool everywhere = false;
    return everywhere;
}

}  // namespace

bool to_terminal() { return ::isatty(STDOUT_FILENO) == 1; }

void Table::add(std::vector<std::string> row) {
    for (std::string& text : row) text = printable(text);
    rows_.push_back(std::move(row));
}

void Table::print() const {
    const bool header = to_terminal() || headers_everywhere();
    const std::vector<TextRow> shown(rows_.begin() + (header ? 0 : 1), rows_.end());
    for (const std::string& line : lay_out(shown, terminal_columns(), coloured)) fmt::print("{}\n", line);
}

std::size_t terminal_columns() {
    if (!to_terminal()) return 0;
    winsize size{};
    const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col != 0;
    return std::max<std::size_t>(known ? size.ws_col : kUsualColumns, kFewestColumns);
}

void print_headers_everywhere() { headers_everywhere() = true; }

void print_line(std::string_view text, std::size_t indent) {
    fmt::print("{}\n", wrapped_text(text, terminal_columns(), indent));
}

std::string coloured(std::string_view word) {
    struct Colour {
        std::string_view word;
        std::string_view code;
    };
    constexpr std::array<Colour, 10> kColours{{{"block", "31"},
                                               {"restrict", "31"},
                                               {"advise", "33"},
                                               {"observe", "36"},
                                               {"allow", "32"},
                                               {"exception", "32"},
                                               {"in-force", "32"},
                                               {"planned", "36"},
                                               {"lapsed", "2"},
                                               {"error", "31"}}};
    const auto* found =
        std::find_if(kColours.begin(), kColours.end(), [word](const Colour& colour) { return colour.word == word; });
    if (found == kColours.end() || !in_colour()) return std::string(word);
    return fmt::format("\x1b[{}m{}\x1b[0m", found->code, word);
}

std::string cell(const Json& value) {
    if (value.is_null()) return "-";
    if (value.is_string())
        return value.get_ref<const std::string&>().empty() ? "-" : printable(value.get<std::string>());
    if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
    if (value.is_number_float()) return fmt::format("{:.1f}", value.get<double>());
    if (!value.is_array()) return value.dump();
    std::string text;
    for (const auto& item : value) text += (text.empty() ? "" : " ") + cell(item);
    return text.empty() ? "-" : text;
}

std::string cell(const Json& row, const char* key) {
    const auto found = row.find(key);
    return found == row.end() ? "-" : cell(*found);
}

std::string clients_cell(const Json& row, const char* key) {
    return row.contains(report::field::kFewerThan) ? "<" + cell(row, report::field::kFewerThan) : cell(row, key);
}

std::string lines(const Json& row, const char* key) {
    std::string clean;
    std::istringstream text(row.value(key, ""));
    for (std::string line; std::getline(text, line);) clean += printable(line) + '\n';
    return clean;
}

std::string in_both_forms(const std::string& text) {
    constexpr std::string_view kDomain = "domain:";
    const bool target = text.starts_with(kDomain);
    const auto name = wire::Name::parse(target ? std::string_view(text).substr(kDomain.size()) : text);
    const std::string letters = name ? wire::to_u_labels(*name) : std::string();
    return letters.empty() ? text : fmt::format("{}{} ({})", target ? kDomain : "", letters, name->to_string());
}

std::string name_cell(const Json& row, const char* key) {
    return to_terminal() ? in_both_forms(cell(row, key)) : cell(row, key);
}

void print_notes(const Json& answer) {
    for (const auto& note : answer.value(report::field::kNotes, Json::array()))
        fmt::print(stderr, "cenote: {}\n", cell(note));
}

void print_json(const Json& json) {
    fmt::print("{}\n", printable_json(json.dump(2, ' ', false, Json::error_handler_t::replace)));
}

void print_fields(const Json& row, const std::vector<std::pair<std::string, const char*>>& fields) {
    std::size_t width = 0;
    for (const auto& [label, key] : fields) width = std::max(width, width_of(label));
    const std::size_t column = width + kGap;
    for (const auto& [label, key] : fields) {
        const std::string value = cell(row, key);
        if (value == "-") continue;
        // A word that does not fit beside the labels, such as a digest, is below its label and stays whole.
        const std::size_t indent = column + longest_word(value) > terminal_columns() ? kGap : column;
        print_line(fmt::format("{}{:{}}{}", label, "", column - width_of(label), coloured(value)), indent);
    }
}

}  // namespace cenote::cli
