// SPDX-License-Identifier: Apache-2.0
//
// A query to an upstream server as FORWARDER_QUERY, and FORWARDER_RESPONSE where one was taken: the server, no client.
//
// A hit as dnstap payloads (https://dnstap.info/): CLIENT_QUERY, and CLIENT_RESPONSE where there was a reply.
//
// The messages in them are made from the record, and are not the bytes that were received and sent: a header (QR, RD,
// RA, RCODE; ID 0) and the question. The policy is in the message `policy`, what dnstap has no field for in `extra` as
// JSON. `query_address` is there only for a client that is shown by its address.
//
// Threads: pure.   Memory: the frames.   Failure: none.
#pragma once

#include <string>
#include <vector>

#include "resolver/sinks/hit_record.h"
#include "resolver/sinks/log_line.h"

namespace cenote::sinks {

[[nodiscard]] std::vector<std::string> dnstap_frames(const HitRecord& record, const LogOrigin& origin);
[[nodiscard]] std::vector<std::string> dnstap_frames(const UpstreamRecord& record, const LogOrigin& origin);

}  // namespace cenote::sinks
