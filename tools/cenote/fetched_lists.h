// SPDX-License-Identifier: Apache-2.0
//
// The lists of a configuration that come from the web, fetched for one update. Private to the tool.
//
// What was known of a list's source when its last good copy was taken stands beside that copy, as "ID.origin": URL,
// key, ETag, Last-Modified, and when it was fetched. Another URL or key is another list: nothing is known of it. That a
// list was not modified is accepted for so long as max_age says; then it is fetched whole again, so that a server, or
// an attacker in front of it, cannot keep an old copy fresh without end.
//
// Threads:  one; it waits.
// Memory:   a few lines a list; the texts are in a folder that goes away again.
// Failure:  what could not be fetched is told in the manifest, and the last good copy serves.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "blocklists/compile.h"
#include "resolver/config/config.h"
#include "tools/cenote/fetch.h"

namespace cenote::cli {

class FetchedLists {
public:
    /// Says in the manifest where each text is, or why there is none. `local`: nothing is fetched, copies serve.
    static Result<FetchedLists> fetch_all(const config::Settings& settings, blocklists::Manifest& manifest, bool local,
                                          std::optional<milliseconds> timeout);
    FetchedLists(FetchedLists&& other) noexcept;
    FetchedLists& operator=(FetchedLists&&) = delete;
    ~FetchedLists();

    /// What was taken is known from now on; what was not modified was good until now.
    [[nodiscard]] Status note(const blocklists::ListReport& report) const;

private:
    explicit FetchedLists(const config::Settings& settings) : settings_(settings) {}
    Status make_folder();
    [[nodiscard]] std::string key_of(const std::string& id) const;
    void want(const config::ListSettings& list);
    void put_into(blocklists::Manifest& manifest, std::size_t index) const;

    const config::Settings& settings_;
    Path folder_;
    std::vector<Wanted> wanted_;
    std::vector<Fetched> fetched_;
};

}  // namespace cenote::cli
