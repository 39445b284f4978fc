// SPDX-License-Identifier: Apache-2.0
#include "tools/cenote/print.h"

#include <fmt/format.h>
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

bool in_colour() {
    const char* no_color = std::getenv("NO_COLOR");
    return to_terminal() && (no_color == nullptr || *no_color == '\0');
}

struct WideRange {
    char32_t first;
    char32_t last;
};
// East Asian Width W and F (UAX #11), the ranges that names of people and services use.
constexpr std::array<WideRange, 6> kWide{
    {{0x1100, 0x115f}, {0x2e80, 0xa4cf}, {0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xff00, 0xff60}, {0x1f300, 0x1faff}}};

/// The character at `at`, which is advanced; malformed UTF-8 only gives a wrong width.
char32_t next_character(std::string_view text, std::size_t& at) {
    const auto lead = static_cast<unsigned char>(text[at++]);
    const std::size_t more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
    char32_t character = more == 0 ? lead : lead & (0x3fU >> more);
    for (std::size_t i = 0; i < more && at < text.size(); ++i)
        character = (character << 6) | (static_cast<unsigned char>(text[at++]) & 0x3fU);
    return character;
}

}  // namespace

bool to_terminal() { return ::isatty(STDOUT_FILENO) == 1; }

void Table::add(std::vector<std::string> row) {
    for (std::string& text : row) text = printable(text);
    rows_.push_back(std::move(row));
}

void Table::print() const {
    std::vector<std::size_t> widths(rows_.front().size());
    for (const auto& row : rows_)
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
    for (std::size_t i = to_terminal() ? 0 : 1; i < rows_.size(); ++i) {
        std::string line;
        for (std::size_t column = 0; column < rows_[i].size(); ++column) {
            const std::string& text = rows_[i][column];
            line += coloured(text);
            if (column + 1 < rows_[i].size()) line.append(widths[column] - width_of(text) + kGap, ' ');
        }
        line.erase(line.find_last_not_of(' ') + 1);
        fmt::print("{}\n", line);
    }
}

std::size_t width_of(std::string_view text) {
    std::size_t width = 0;
    for (std::size_t at = 0; at < text.size();) {
        const char32_t character = next_character(text, at);
        const bool wide = std::any_of(kWide.begin(), kWide.end(), [character](const WideRange& range) {
            return character >= range.first && character <= range.last;
        });
        width += wide ? 2 : 1;
    }
    return width;
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
    for (const auto& [label, key] : fields) {
        const std::string value = cell(row, key);
        if (value != "-") fmt::print("{}{:{}}{}\n", label, "", width - width_of(label) + kGap, coloured(value));
    }
}

}  // namespace cenote::cli
