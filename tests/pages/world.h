// SPDX-License-Identifier: Apache-2.0
//
// What tests of pages read: a daemon with the replies of a small agency, and a history that Store wrote.
#pragma once

#include <map>
#include <string>

#include "resolver/base/time_text.h"
#include "resolver/history/store.h"
#include "resolver/pages/site.h"
#include "tests/support/temporary_folder.h"

namespace cenote::pages::testing {

/// The replies of cenoted to the verbs, as it gives them; a verb without a reply is an error.
class FakeDaemon final : public Daemon {
public:
    FakeDaemon();

    Result<control::Response> ask(const std::string& verb, Json args,
                                  const std::function<void(const control::Response&)>& on_more) override;
    Status follow(const std::string& verb, Json args,
                  const std::function<bool(const control::Response*)>& on_more) override;

    std::map<std::string, Json> replies;
    std::map<std::string, int> asked;  // how often
    std::string down;                  // why it cannot be asked; empty: it can
};

inline const WallTime kNow = parse_time("2026-11-29T05:30:00Z").value();  // 14:30 in Seoul

/// These people, by their numbers, have an episode each in the minute.
void add_people(history::Minute& minute, const history::SketchKey& key, std::uint64_t first, std::uint64_t count);

/// Fourteen days until kNow, with a gap of four hours on the last day but one. Within the last seven days: each hour 12
/// queries for chatgpt that are observed (staff 8, lab 4), and from 2026-11-26 09:00 in Seoul 5 for deepseek that D-1
/// blocks (staff); before that these were observed, as were 10 each hour of the seven days before. Each hour has two
/// signals of staff, and one of lab within the last seven days.
void write_history(const Path& file);

/// A request with the rest of a Site around it.
class World {
public:
    World();

    World& go(const std::string& path, std::map<std::string, std::string> query = {});
    World& in(Language language);
    [[nodiscard]] Site site() {
        return {.request = request,
                .user = user,
                .daemon = daemon,
                .history = history,
                .now = kNow,
                .smallest = 5,
                .services = services};
    }

    Request request;
    User user{"minji", true};
    FakeDaemon daemon;
    testing_support::TemporaryFolder folder;
    Path history;
    std::vector<Path> services;  // folders of the catalogue's files
};

}  // namespace cenote::pages::testing
