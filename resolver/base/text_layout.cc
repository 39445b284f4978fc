// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/text_layout.h"

#include <algorithm>
#include <array>

namespace cenote {
namespace {

constexpr std::size_t kColumnGap = 2;
constexpr std::size_t kFurtherIndent = 4;  // of a row's further lines
constexpr std::size_t kLongestWord = 20;   // a longer one is divided before a table gets further lines
constexpr std::size_t kLongestId = 40;     // the same for the first column, whose cells are copied

struct WideRange {
    char32_t first;
    char32_t last;
};
// East Asian Width W and F (UAX #11), the ranges that names of people and services use.
constexpr std::array<WideRange, 6> kWide{
    {{0x1100, 0x115f}, {0x2e80, 0xa4cf}, {0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xff00, 0xff60}, {0x1f300, 0x1faff}}};

struct Glyph {
    std::size_t bytes = 0;
    std::size_t columns = 0;
};

/// The character or escape sequence that `text` begins with; the text is not empty.
Glyph first_glyph(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text[0]);
    if (lead == 0x1b) return {std::min(text.find('m'), text.size() - 1) + 1, 0};
    const std::size_t more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
    const std::size_t bytes = std::min(more + 1, text.size());
    char32_t character = more == 0 ? lead : lead & (0x3fU >> more);
    for (std::size_t i = 1; i < bytes; ++i)
        character = (character << 6) | (static_cast<unsigned char>(text[i]) & 0x3fU);
    const bool wide = std::any_of(kWide.begin(), kWide.end(), [character](const WideRange& range) {
        return character >= range.first && character <= range.last;
    });
    return {bytes, wide ? std::size_t{2} : std::size_t{1}};
}

bool may_end_line(char c) { return std::string_view("-/,;:.=&?_").find(c) != std::string_view::npos; }

/// The bytes of `text`, which is wider than `columns`, that stand on its first line.
std::size_t first_line(std::string_view text, std::size_t columns) {
    const std::size_t begin = std::min(text.find_first_not_of(' '), text.size());
    std::size_t after_word = 0;
    std::size_t after_mark = 0;
    std::size_t fits = 0;
    for (std::size_t at = 0, width = 0; at < text.size();) {
        if (text[at] == ' ' && at > begin) after_word = at;
        const Glyph glyph = first_glyph(text.substr(at));
        width += glyph.columns;
        if (width > columns) break;
        at += glyph.bytes;
        fits = at;
        if (may_end_line(text[at - 1])) after_mark = at;
    }
    if (after_word != 0) return after_word;
    if (after_mark > begin) return after_mark;
    return fits > begin ? fits : begin + first_glyph(text.substr(begin)).bytes;
}

struct Column {
    std::size_t widest = 0;  // its widest cell
    std::size_t least = 0;   // without dividing a word
    std::size_t width = 0;
};

std::vector<Column> measure(const std::vector<TextRow>& rows) {
    std::vector<Column> columns(rows.front().size());
    for (const TextRow& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            columns[i].widest = std::max(columns[i].widest, width_of(row[i]));
            columns[i].least = std::max(columns[i].least, longest_word(row[i]));
        }
    }
    for (std::size_t i = 0; i < columns.size(); ++i)
        columns[i].least = std::min(columns[i].least, i == 0 ? kLongestId : kLongestWord);
    return columns;
}

/// The columns of one line of each row: [first, end).
struct Band {
    std::size_t first;
    std::size_t end;
    std::size_t indent;
};

/// Gives each column of a band its width; the space that is left goes to the narrowest columns that need more.
void set_widths(std::vector<Column>& columns, const Band& band, std::size_t limit) {
    std::size_t used = band.indent + kColumnGap * (band.end - band.first - 1);
    for (std::size_t i = band.first; i < band.end; ++i) {
        columns[i].width = limit == 0 ? columns[i].widest : columns[i].least;
        used += columns[i].width;
    }
    for (; used < limit; ++used) {
        Column* narrowest = nullptr;
        for (std::size_t i = band.first; i < band.end; ++i)
            if (columns[i].width < columns[i].widest && (narrowest == nullptr || columns[i].width < narrowest->width))
                narrowest = &columns[i];
        if (narrowest == nullptr) return;
        ++narrowest->width;
    }
    for (std::size_t i = band.first; i < band.end; ++i)  // one column that is wider than the whole line
        if (limit != 0) columns[i].width = std::min(columns[i].width, limit - std::min(limit - 1, band.indent));
}

std::vector<Band> bands_of(std::vector<Column>& columns, std::size_t limit) {
    std::vector<Band> bands;
    for (std::size_t i = 0, used = 0; i < columns.size(); ++i) {
        const std::size_t more = kColumnGap + columns[i].least;
        if (bands.empty() || (limit != 0 && used + more > limit)) {
            const std::size_t indent = bands.empty() ? 0 : kFurtherIndent;
            bands.push_back({i, i, indent});
            used = indent + columns[i].least;
        } else {
            used += more;
        }
        bands.back().end = i + 1;
    }
    for (const Band& band : bands) set_widths(columns, band, limit);
    return bands;
}

void add_lines(const TextRow& row, const std::vector<Column>& columns, const Band& band,
               std::string (*paint)(std::string_view), std::vector<std::string>& out) {
    std::vector<std::vector<std::string>> cells;
    std::size_t height = 1;
    for (std::size_t i = band.first; i < std::min(band.end, row.size()); ++i) {
        cells.push_back(wrapped(row[i], columns[i].width));
        height = std::max(height, cells.back().size());
    }
    for (std::size_t line = 0; line < height; ++line) {
        std::string text(band.indent, ' ');
        for (std::size_t i = 0; i < cells.size(); ++i) {
            const std::string piece = line < cells[i].size() ? cells[i][line] : std::string();
            text += cells[i].size() == 1 ? paint(piece) : piece;
            const std::size_t width = columns[band.first + i].width + kColumnGap;
            if (i + 1 < cells.size()) text.append(width - std::min(width, width_of(piece)), ' ');
        }
        text.erase(text.find_last_not_of(' ') + 1);
        if (!text.empty() || band.indent == 0) out.push_back(std::move(text));
    }
}

}  // namespace

std::size_t width_of(std::string_view text) {
    std::size_t width = 0;
    while (!text.empty()) {
        const Glyph glyph = first_glyph(text);
        width += glyph.columns;
        text.remove_prefix(glyph.bytes);
    }
    return width;
}

std::size_t longest_word(std::string_view text) {
    std::size_t longest = 0;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        longest = std::max(longest, width_of(text.substr(0, end)));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return longest;
}

std::vector<std::string> wrapped(std::string_view text, std::size_t columns) {
    std::vector<std::string> lines;
    while (columns != 0 && width_of(text) > columns) {
        const std::size_t end = first_line(text, columns);
        std::string line(text.substr(0, end));
        line.erase(line.find_last_not_of(' ') + 1);
        lines.push_back(std::move(line));
        text.remove_prefix(std::min(text.find_first_not_of(' ', end), text.size()));
    }
    if (!text.empty() || lines.empty()) lines.emplace_back(text);
    return lines;
}

std::string wrapped_text(std::string_view text, std::size_t columns, std::size_t indent) {
    const std::size_t end = columns == 0 || width_of(text) <= columns ? text.size() : first_line(text, columns);
    std::string all(text.substr(0, end));
    all.erase(all.find_last_not_of(' ') + 1);
    text.remove_prefix(std::min(text.find_first_not_of(' ', end), text.size()));
    if (text.empty()) return all;
    for (const std::string& line : wrapped(text, columns - std::min(indent, columns - 1)))
        all += '\n' + std::string(indent, ' ') + line;
    return all;
}

std::vector<std::string> lay_out(const std::vector<TextRow>& rows, std::size_t columns,
                                 std::string (*paint)(std::string_view)) {
    std::vector<std::string> lines;
    if (rows.empty()) return lines;
    auto measured = measure(rows);
    const auto bands = bands_of(measured, columns);
    for (const TextRow& row : rows)
        for (const Band& band : bands) add_lines(row, measured, band, paint, lines);
    return lines;
}

}  // namespace cenote
