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

#include "resolver/base/time_text.h"
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
        for (const auto& [key, value] : {std::pair{"requester", &requester}, {"ref", &ref}, {"note", &note}})
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

/// --for and --until.
struct End {
    std::string for_, until;

    void add_to(CLI::App& verb) {
        auto* duration = verb.add_option("--for", for_, "How long")->type_name("DURATION")->check(check_duration);
        verb.add_option("--until", until, "Until when, as 2026-12-31T23:59:59+09:00")
            ->type_name("TIME")
            ->check(check_time)
            ->excludes(duration);
    }
    [[nodiscard]] std::optional<WallTime> time() const {
        if (!until.empty()) return parse_time(until).value();
        if (!for_.empty()) return wall_now() + std::chrono::ceil<seconds>(parse_duration(for_).value());
        return std::nullopt;
    }

    static std::string check_duration(const std::string& text) {
        const auto parsed = parse_duration(text);
        return parsed ? "" : parsed.error().text;
    }
};

}  // namespace cenote::cli
