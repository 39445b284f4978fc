// SPDX-License-Identifier: Apache-2.0
//
// The lists of a configuration that have a URL, fetched for one update. Private to the tool.
//
// A list is fetched with a condition where its last good copy came from the same URL with the same key (ListOrigin).
// A response "not modified" is accepted for as long as max_age after the last complete download; then the list is
// fetched whole again, so that a server, or an attacker in front of it, cannot keep an old copy fresh without end.
//
// Threads:  one; it blocks.
// Memory:   a few strings for each list; the texts are in a folder that the destructor removes.
// Failure:  the manifest has the reason, and the last good copy serves.
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
    /// Sets in the manifest where each text is, or why there is none. `local`: nothing is fetched, copies serve.
    static Result<FetchedLists> fetch_all(const config::Settings& settings, blocklists::Manifest& manifest, bool local,
                                          std::optional<milliseconds> timeout);
    FetchedLists(FetchedLists&& other) noexcept;
    FetchedLists& operator=(FetchedLists&&) = delete;
    ~FetchedLists();

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
