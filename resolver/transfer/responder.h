// SPDX-License-Identifier: Apache-2.0
//
// Answers about a served zone: SOA and NS, AXFR (RFC 5936), IXFR (RFC 1995). Private to transfer.
//
// Threads:  pure: a responder belongs to one question.
// Time:     an argument, for signatures.
// Memory:   one message at a time.
// Failure:  an answer that says it: NOTAUTH, REFUSED, FORMERR.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "resolver/transfer/served_zone.h"
#include "resolver/transfer/tsig.h"

namespace cenote::transfer {

/// What can be asked about now.
struct Zones {
    Options options;
    std::vector<std::shared_ptr<const ZoneVersion>> versions;
};

/// Takes a message to be sent; false: the asker is gone.
using Emit = std::function<bool(std::vector<std::uint8_t> message)>;

struct Question {
    ByteView message;
    SocketAddress peer;
    bool stream = false;
    std::uint64_t now = 0;  // seconds since 1970
};
/// False: the connection is of no more use.
bool respond(const Zones& zones, const Question& question, const Emit& emit);

/// An unsigned NOTIFY of a zone's version (RFC 1996 §3.7).
[[nodiscard]] std::vector<std::uint8_t> make_notify(const ZoneVersion& version, std::uint16_t id);

}  // namespace cenote::transfer
