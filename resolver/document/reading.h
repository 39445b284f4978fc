// SPDX-License-Identifier: Apache-2.0
//
// A report as its parts read it: members that may be absent, and its values as words of one language. Private to
// document.
//
// Threads: one.   Memory: refers to the report, which must live longer.   Failure: a member that is absent is null.
#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "resolver/document/document.h"
#include "resolver/policy/local_times.h"

namespace cenote::document {

/// The member at a path of names with dots; null when there is none.
[[nodiscard]] const Json& at(const Json& json, std::string_view path) noexcept;
/// Empty for anything but a text.
[[nodiscard]] std::string text_at(const Json& json, std::string_view path);
/// The number; nullopt for null and anything else.
[[nodiscard]] std::optional<std::int64_t> number_at(const Json& json, std::string_view path) noexcept;
/// The n of a count of people; nullopt where it is hidden or not counted.
[[nodiscard]] std::optional<std::int64_t> people_at(const Json& json, std::string_view path) noexcept;
/// Whether it stands in the place of numbers that are hidden, because few people are behind them.
[[nodiscard]] bool is_withheld(const Json& value) noexcept;
[[nodiscard]] std::size_t size_at(const Json& json, std::string_view path) noexcept;

class Reading {
public:
    using Values = std::initializer_list<std::pair<std::string_view, std::string_view>>;

    /// Checks that every part is there (shape.h).
    static Result<Reading> of(const Json& report, Language language);

    [[nodiscard]] const Json& report() const noexcept { return *report_; }
    [[nodiscard]] Language language() const noexcept { return language_; }
    /// The phrase with its values.
    [[nodiscard]] std::string say(std::string_view key, Values values = {}) const;
    /// The word for a value of a field ("status.limited"); the value itself where there is none.
    [[nodiscard]] std::string word(std::string_view field, std::string_view value) const;
    /// Of a text in several languages the reader's, else the English, else the first.
    [[nodiscard]] std::string title(const Json& texts) const;
    /// The name of a service by its id; the id where the report has no such service.
    [[nodiscard]] std::string service(const std::string& id) const;

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
    Reading(const Json& report, Language language, policy::LocalTimes times);

    const Json* report_;
    Language language_;
    policy::LocalTimes times_;
    std::map<std::string, std::string> services_;  // id -> name
};

}  // namespace cenote::document
