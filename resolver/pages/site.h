// SPDX-License-Identifier: Apache-2.0
//
// What a page is made from: the request, the user behind it, the daemon, the history, and the time.
//
// Threads:  a Site belongs to the thread that serves one request.
// Time:     Site::now.
// Memory:   values; the rest is borrowed for the request.
// Failure:  Daemon::ask() gives an Error with one sentence: no daemon, no answer in time, no right, or the daemon's
// own.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "resolver/base/clock.h"
#include "resolver/base/fd.h"
#include "resolver/control/protocol.h"
#include "resolver/document/document.h"
#include "resolver/policy/local_times.h"

namespace cenote::pages {

using control::Json;
using document::Language;

/// Who is signed in, with the rights of this moment. A page changes nothing, whatever the user may do elsewhere.
struct User {
    std::string name;
    bool may_inspect = false;  // clients and single queries: Log, Live, top clients

    friend bool operator==(const User&, const User&) = default;
};

struct Request {
    std::string path;                          // "/services/deepseek": decoded, valid UTF-8, no empty, "." or ".." part
    std::map<std::string, std::string> query;  // decoded, valid UTF-8; the first value of each name
    Language language = Language::English;

    /// Empty where the query has no such name.
    [[nodiscard]] std::string_view value(const std::string& name) const {
        const auto found = query.find(name);
        return found == query.end() ? std::string_view{} : std::string_view{found->second};
    }
};

/// The verbs of the control socket with the rights of the user: no more than to read, and to inspect where the user
/// may.
class Daemon {
public:
    virtual ~Daemon() = default;
    /// Blocks for five seconds at most; `on_more` gets the replies of a stream but the last; null: they are dropped. A
    /// reply that is not ok is an Error.
    virtual Result<control::Response> ask(const std::string& verb, Json args,
                                          const std::function<void(const control::Response&)>& on_more) = 0;
    /// A stream without a known end, until `on_more` gives false or the daemon ends it. `on_more` is called with null
    /// once a second while nothing comes.
    virtual Status follow(const std::string& verb, Json args,
                          const std::function<bool(const control::Response*)>& on_more) = 0;

    /// The data of all replies.
    Result<Json> data(const std::string& verb, Json args = Json::object()) {
        control::JoinedData joined;
        auto last = ask(verb, std::move(args), [&joined](const control::Response& part) { joined.take(part.data); });
        if (!last) return std::move(last).error();
        return std::move(joined).with(std::move(last->data));
    }
};

struct Site {
    const Request& request;
    const User& user;
    Daemon& daemon;
    Path history;  // history.db; empty: there is none
    WallTime now{};
    std::uint32_t smallest = 5;    // [privacy].smallest: counts of fewer clients are hidden
    std::vector<Path> services{};  // [blocklist].services: folders of the catalogue's files
};

/// The reader of a reply that has no known end.
class Reader {
public:
    virtual ~Reader() = default;
    /// Waits for the reader; false: it has left, or is too slow.
    virtual bool write(std::string_view bytes) = 0;
};

struct Reply {
    int status = 200;
    std::string type = "text/html; charset=utf-8";
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers{};  // beside those that every reply has
    std::function<void(Reader&)> stream{};                       // called on a thread of its own in place of `body`
    // Makes the rest behind `body`, which can be sent meanwhile; called once at most, while the Site's parts are there.
    std::function<std::string()> rest{};
};

}  // namespace cenote::pages
