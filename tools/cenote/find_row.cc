// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "resolver/base/diagnostics.h"
#include "resolver/base/letter_case.h"
#include "resolver/report/fields.h"
#include "tools/cenote/listings.h"

namespace cenote::cli {
namespace {

namespace field = report::field;

constexpr std::size_t kShownWords = 5;    // that contain the word
constexpr std::size_t kListedWords = 30;  // up to which all are listed

std::string text_of(const Json& row, const char* key) {
    const auto found = row.find(key);
    return found != row.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// The id and the aliases.
std::vector<std::string> ids_of(const Json& row) {
    std::vector<std::string> ids{text_of(row, field::kId)};
    for (const auto& alias : row.value(field::kAliases, Json::array()))
        if (alias.is_string()) ids.push_back(alias.get<std::string>());
    return ids;
}

bool is_named(const Json& row, const std::string& text) {
    auto names = ids_of(row);
    names.push_back(text_of(row, field::kName));
    return std::any_of(names.begin(), names.end(), [&](const std::string& name) { return equal_folded(name, text); });
}

std::string in_quotes(const std::vector<std::string>& words) { return fmt::format("'{}'", fmt::join(words, "', '")); }

/// "; did you mean 'a', 'b'?" with the ids of rows that belong to the text in another way; empty: none do.
std::string related(const Json& rows, const std::string& text) {
    std::vector<std::string> of_vendor;
    std::vector<std::string> containing;
    const std::string wanted = fold_case(text);
    for (const auto& row : rows) {
        const std::string id = text_of(row, field::kId);
        if (equal_folded(text_of(row, field::kVendor), text)) of_vendor.push_back(id);
        if (fold_case(id + "\n" + text_of(row, field::kName) + "\n" + text_of(row, field::kVendor)).find(wanted) !=
            std::string::npos)
            containing.push_back(id);
    }
    if (!of_vendor.empty())
        return fmt::format("; it is a vendor: write vendor:{}, or one of its services: {}", text, in_quotes(of_vendor));
    if (containing.empty() || containing.size() > kShownWords || text.size() < 3) return {};
    return fmt::format("; did you mean {}?", in_quotes(containing));
}

}  // namespace

Error no_such_word(std::string_view what, const std::string& word, std::vector<std::string> known) {
    std::sort(known.begin(), known.end());
    known.erase(std::unique(known.begin(), known.end()), known.end());
    std::vector<std::string> near;
    for (const std::string& each : known)
        if (word.size() >= 3 && fold_case(each).find(fold_case(word)) != std::string::npos) near.push_back(each);
    if (const std::string nearest_word = nearest(word, known); near.empty() && !nearest_word.empty())
        near.push_back(nearest_word);
    std::string advice;
    if (!near.empty() && near.size() <= kShownWords) advice = fmt::format("; did you mean {}?", in_quotes(near));
    if (!known.empty() && known.size() <= kListedWords)
        advice += fmt::format("{} there are {}", near.empty() ? ";" : "", fmt::join(known, ", "));
    return Error{fmt::format("there is no {} '{}'{}", what, word, advice)};
}

Result<Json> find_row(const Json& rows, const std::string& id, std::string_view what) {
    std::vector<std::string> known;
    for (const auto& row : rows) {
        const auto ids = ids_of(row);
        if (std::find(ids.begin(), ids.end(), id) != ids.end()) return row;
        known.insert(known.end(), ids.begin(), ids.end());
    }
    std::vector<Json> named;
    std::copy_if(rows.begin(), rows.end(), std::back_inserter(named),
                 [&](const Json& row) { return is_named(row, id); });
    if (named.size() == 1) return named.front();
    std::string advice = related(rows, id);
    if (named.size() > 1) {
        std::vector<std::string> ids;
        for (const auto& row : named) ids.push_back(text_of(row, field::kId));
        return Error{fmt::format("several {}s are named '{}'; name one: {}", what, id, in_quotes(ids))};
    }
    const std::string near = nearest(fold_case(id), known);
    if (!near.empty() && !advice.starts_with("; it is a vendor")) advice = fmt::format("; did you mean '{}'?", near);
    return Error{fmt::format("there is no {} '{}'{}", what, id, advice)};
}

}  // namespace cenote::cli
