// SPDX-License-Identifier: Apache-2.0
//
// A forwarder, and servers of DNS over HTTPS.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "tests/support/https_upstream.h"
#include "tests/upstream/forwarder_fixture.h"

namespace cenote::upstream {

using test::https_answer;
using test::HttpsQuery;
using test::HttpsReply;
using test::HttpsScript;
using test::HttpsUpstream;
using test::right_answer;

class HttpsForwarderTest : public ForwarderTest {
protected:
    static Options options_with(const std::vector<const HttpsUpstream*>& upstreams,
                                const std::string& name = "dns.example") {
        Options options = options_for({});
        for (const HttpsUpstream* upstream : upstreams)
            options.servers.push_back({upstream->address(), name, "/dns-query"});
        options.strategy = Strategy::Ordered;
        options.timeout = options.stale_after = seconds(600);  // speed is not under test
        options.attempts_max = 2;                              // so that no query is sent again for its time alone
        options.tls_ca_file = upstreams.front()->ca_file();
        return options;
    }
    void start_with(const HttpsUpstream& upstream) { start(options_with({&upstream})); }

    /// Without the forwarder's own probes.
    static std::size_t asked(const HttpsUpstream& upstream) {
        const auto queries = upstream.queries();
        return static_cast<std::size_t>(
            std::ranges::count_if(queries, [](const HttpsQuery& query) { return query.body.at(12) != 0; }));
    }
};

/// A server whose answers have this body.
inline HttpsScript with_body(std::function<Bytes(const Bytes& query)> make) {
    return [=](const HttpsQuery& query) { return https_answer(make(query.body)); };
}

}  // namespace cenote::upstream
