// SPDX-License-Identifier: Apache-2.0
//
// Flags of the verbs that change something. Private to the tool.
//
// Threads: one.   Memory: the texts.   Failure: CLI11 reports a text that is no time or duration.
#pragma once

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "resolver/base/time_text.h"
#include "resolver/report/fields.h"
#include "tools/cenote/session.h"
#include "tools/cenote/verbs.h"

namespace cenote::cli {

/// Who asked for a change, and why. The audit trail keeps it; behind sudo a requester that is left out is its user.
struct Why {
    std::string requester, ref, note;

    void add_to(CLI::App& verb) {
        verb.add_option("--requester", requester, "Who asked for it")->type_name("NAME");
        verb.add_option("--ref", ref, "A letter, a ticket")->type_name("TEXT");
        verb.add_option("--note", note, "Why")->type_name("TEXT");
    }
    void put_into(Json& args) const {
        namespace field = report::field;
        for (const auto& [key, value] :
             {std::pair{field::kRequester, &requester}, {field::kRef, &ref}, {field::kNote, &note}})
            if (!value->empty()) args[key] = *value;
        if (requester.empty() && !sudo_user().empty()) args["requester"] = "sudo: " + sudo_user();
    }

private:
    /// The user whose command sudo runs as root, by sudo's own word: the kernel may not know it (docs/CONTROL.md).
    static std::string sudo_user() {
        const char* user = ::geteuid() == 0 ? std::getenv("SUDO_USER") : nullptr;
        return user == nullptr || std::string_view(user) == "root" ? std::string() : user;
    }
};

/// A group that a variable of a script left empty must not become everyone.
inline std::string check_group(const std::string& text) {
    return text.empty() ? "a group is empty; name one, as 'cenote groups' shows them" : "";
}

/// --group and --everyone: for whom a rule is.
struct Whom {
    std::vector<std::string> groups;
    bool everyone = false;

    CLI::Option* add_groups_to(CLI::App& verb) {
        return verb.add_option("--group", groups, "Only for this group; may be given again")
            ->type_name("GROUP")
            ->allow_extra_args(false)
            ->check(check_group);
    }
    void add_to(CLI::App& verb) {
        CLI::Option* named = add_groups_to(verb);
        verb.add_flag("--everyone", everyone, "For all clients")->excludes(named);
    }
    [[nodiscard]] bool given() const { return everyone || !groups.empty(); }
};

/// --for, --until and --no-end.
struct End {
    std::string lasts, until;
    bool none = false;

    void add_to(CLI::App& verb) {
        auto* duration = verb.add_option("--for", lasts, "How long")->type_name("DURATION")->check(check_duration);
        verb.add_option("--until", until,
                        "Until when, as \"2026-12-31 23:59\" on the clock of the site; a date alone: its end")
            ->type_name("TIME")
            ->check(check_time)
            ->excludes(duration);
    }
    void add_no_end_to(CLI::App& verb) {
        verb.add_flag("--no-end", none, "Until it is lifted")
            ->excludes(verb.get_option("--for"))
            ->excludes(verb.get_option("--until"));
    }
    [[nodiscard]] bool given() const { return none || !lasts.empty() || !until.empty(); }
    [[nodiscard]] std::optional<WallTime> time() const {
        if (!until.empty()) return parse_time(until).value();
        if (!lasts.empty()) return wall_now() + std::chrono::ceil<seconds>(parse_duration(lasts).value());
        return std::nullopt;
    }

    static std::string check_duration(const std::string& text) {
        const auto parsed = parse_duration(text);
        return parsed ? "" : parsed.error().text;
    }
};

}  // namespace cenote::cli
