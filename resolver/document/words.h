// SPDX-License-Identifier: Apache-2.0
//
// Values as people read them in one language: numbers, shares, counts of people, times in a zone.
//
// Threads: one.   Memory: the time zone.   Failure: what is not known has a word of its own, and is never zero.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "resolver/document/document.h"
#include "resolver/policy/local_times.h"

namespace cenote::document {

class Words {
public:
    using Values = std::initializer_list<std::pair<std::string_view, std::string_view>>;
    using FindPhrase = std::optional<std::string_view> (*)(std::string_view key, Language language) noexcept;

    Words(Language language, policy::LocalTimes times, FindPhrase find)
        : language_(language), times_(std::move(times)), find_(find) {}

    [[nodiscard]] Language language() const noexcept { return language_; }
    [[nodiscard]] const policy::LocalTimes& times() const noexcept { return times_; }
    /// The phrase with its values; the key where there is none.
    [[nodiscard]] std::string say(std::string_view key, Values values = {}) const;
    /// The word for a value of a field ("status.limited"); the value itself where there is none.
    [[nodiscard]] std::string word(std::string_view field, std::string_view value) const;
    /// Of a text in several languages the reader's, else the English, else the first.
    [[nodiscard]] std::string title(const Json& texts) const;
    /// The id of a group; "(no group)" for an empty one.
    [[nodiscard]] std::string group(const Json& id) const;

    /// "1,234"; "not counted" for null.
    [[nodiscard]] std::string number(const Json& value) const;
    /// "12.3%", of permille.
    [[nodiscard]] std::string share(const Json& value) const;
    /// "+12.3%".
    [[nodiscard]] std::string change(const Json& value) const;
    /// "411.5", of thousandths.
    [[nodiscard]] std::string milli(const Json& value) const;
    /// "1,234", "<5", "hidden", "not counted".
    [[nodiscard]] std::string people(const Json& value) const;
    /// The same with its interval: "1,234 (1,200 to 1,268)".
    [[nodiscard]] std::string estimate(const Json& value) const;
    /// "2026-02-06 09:00 KST"; "–" for null.
    [[nodiscard]] std::string time(const Json& value) const;
    /// "3 d 4 h".
    [[nodiscard]] std::string span(const Json& seconds) const;
    /// The items with commas between them; "–" for none.
    [[nodiscard]] std::string list(const Json& items) const;

private:
    Language language_;
    policy::LocalTimes times_;
    FindPhrase find_;
};

}  // namespace cenote::document
