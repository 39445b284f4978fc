// SPDX-License-Identifier: Apache-2.0
//
// [web] as the daemon gives it (docs/CONTROL.md, `web-settings`).
//
// Threads: values.   Memory: owns its texts.   Failure: an answer that is no such object is an Error.
#pragma once

#include <string>
#include <vector>

#include "resolver/base/fd.h"
#include "resolver/control/protocol.h"

namespace cenote::web {

struct Listen {
    std::string at;           // "127.0.0.1:8053", "unix:/run/cenote-web/web.sock"
    bool is_address = false;  // else a unix socket
    bool tls = false;

    friend bool operator==(const Listen&, const Listen&) = default;
};

struct Settings {
    std::vector<Listen> listen;
    Path certificate;
    Path key;
    std::vector<std::string> hosts;
    std::string node;
    std::string proxy_user;
    std::string user_header;  // in lower case
    bool metrics = false;

    static Result<Settings> read(const control::Json& answer);
    friend bool operator==(const Settings&, const Settings&) = default;
};

}  // namespace cenote::web
