// SPDX-License-Identifier: Apache-2.0
#include "tools/cenote/hit_line.h"

#include <algorithm>
#include <array>

#include "resolver/base/printable.h"
#include "resolver/base/text_layout.h"
#include "resolver/base/time_text.h"
#include "tools/cenote/print.h"

namespace cenote::cli {
namespace {

constexpr std::size_t kWidest = 100;
constexpr std::size_t kCellGap = 2;
constexpr std::size_t kCells = 6;
constexpr std::size_t kNameCell = 2;
constexpr std::array<std::size_t, kCells> kUsual{0, 9, 32, 13, 10, 0};  // columns, where there is room
constexpr std::array<std::size_t, kCells> kLeast{0, 0, 14, 8, 8, 8};    // a longer text is not made shorter than this
constexpr std::string_view kCut = "…";

std::size_t next_character(std::string_view text) {
    std::size_t size = 1;
    while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xc0U) == 0x80U) ++size;
    return size;
}

/// The end of a text, with kCut before it.
std::string without_beginning(std::string_view text, std::size_t columns) {
    while (!text.empty() && width_of(text) + 1 > columns) text.remove_prefix(next_character(text));
    return std::string(kCut) + std::string(text);
}

std::string without_end(std::string_view text, std::size_t columns) {
    std::string kept;
    while (!text.empty()) {
        const std::string_view next = text.substr(0, next_character(text));
        if (width_of(kept) + width_of(next) + 1 > columns) break;
        kept += next;
        text.remove_prefix(next.size());
    }
    return kept + std::string(kCut);
}

}  // namespace

std::size_t hit_columns() { return to_terminal() ? std::min(terminal_columns(), kWidest) : 0; }

std::string hit_line(const ShownHit& hit, std::size_t columns) {
    std::array<std::string, kCells> cells{hit.time, hit.verdict, hit.name, hit.service, hit.group, hit.directive};
    std::size_t total = kCellGap * (kCells - 1);
    for (std::string& text : cells) {
        text = text.empty() ? "-" : printable(text);
        total += width_of(text);
    }
    // The name first: its end says what it belongs to.
    for (const std::size_t i : {kNameCell, std::size_t{5}, std::size_t{3}, std::size_t{4}}) {
        const std::size_t width = width_of(cells[i]);
        if (columns == 0 || total <= columns || width <= kLeast[i]) continue;
        const std::size_t wanted = std::max(kLeast[i], width - std::min(width, total - columns));
        cells[i] = i == kNameCell ? without_beginning(cells[i], wanted) : without_end(cells[i], wanted);
        total -= width - width_of(cells[i]);
    }
    std::string line;
    for (std::size_t i = 0; i < kCells; ++i) {
        const std::size_t width = width_of(cells[i]);
        line += i == 1 ? coloured(cells[i]) : cells[i];
        if (i + 1 == kCells) break;
        std::size_t blanks = width < kUsual[i] ? kUsual[i] - width : 0;
        if (columns != 0) blanks = std::min(blanks, columns - std::min(columns, total));
        total += blanks;
        line.append(kCellGap + blanks, ' ');
    }
    return line;
}

std::string hit_time(const policy::LocalTimes& times, WallTime at, bool with_date) {
    constexpr std::size_t kDate = 10;
    constexpr std::size_t kTime = 8;
    const std::string local = times.with_offsets_in(format_time(at));
    const std::string shown = times.show(at);
    const std::string date = with_date ? local.substr(0, kDate) + " " : "";
    return date + local.substr(kDate + 1, kTime) + shown.substr(shown.rfind(' '));
}

}  // namespace cenote::cli
