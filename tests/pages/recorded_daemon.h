// SPDX-License-Identifier: Apache-2.0
//
// A daemon whose replies are recorded ones, also in parts, with open files, and as a stream.
//
// Threads: one.   Memory: the replies.   Failure: a verb without a reply is an Error.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "resolver/base/time_text.h"
#include "resolver/pages/pages.h"

namespace cenote::pages::testing {

class RecordedDaemon final : public Daemon {
public:
    void reply(const std::string& verb, Json data) {
        replies[verb] = {control::Response{.ok = true, .more = false, .error = {}, .data = std::move(data)}};
    }

    Result<control::Response> ask(const std::string& verb, Json args,
                                  const std::function<void(const control::Response&)>& on_more) override {
        asked.emplace_back(verb, std::move(args));
        if (!down.empty()) return Error{down};
        const auto found = replies.find(verb);
        if (found == replies.end()) return Error{"there is no reply to " + verb};
        for (std::size_t i = 0; i + 1 < found->second.size(); ++i)
            if (on_more) on_more(found->second[i]);
        return found->second.back();
    }
    Status follow(const std::string& verb, Json args,
                  const std::function<bool(const control::Response*)>& on_more) override {
        asked.emplace_back(verb, std::move(args));
        for (const auto& text : stream) {
            const control::Response part{.ok = true, .more = true, .error = {}, .data = text.value_or("")};
            if (!on_more(text ? &part : nullptr)) return Done{};
        }
        if (!down.empty()) return Error{down};
        return Done{};
    }

    std::map<std::string, std::vector<control::Response>> replies;
    std::vector<std::optional<std::string>> stream;  // nullopt: nothing came for a second
    std::string down;                                // why it cannot be asked; empty: it can
    std::vector<std::pair<std::string, Json>> asked;
};

/// A request with what a Site needs around it, and the replies of a small node as cenoted gave them.
class RuleWorld {
public:
    RuleWorld();

    Reply get(std::string path, std::map<std::string, std::string> query = {}, Language language = Language::English) {
        request = {.path = std::move(path), .query = std::move(query), .language = language};
        return whole(answer(site()));
    }
    [[nodiscard]] Site site() {
        return {.request = request, .user = user, .daemon = daemon, .history = {}, .now = now, .smallest = 5};
    }

    Request request;
    User user{"minji", true};
    RecordedDaemon daemon;
    WallTime now = parse_time("2026-11-30T12:10:00Z").value();
};

}  // namespace cenote::pages::testing
