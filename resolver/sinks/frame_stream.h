// SPDX-License-Identifier: Apache-2.0
//
// A receiver of Frame Streams with payloads of dnstap: the bidirectional handshake (READY, ACCEPT, START, … STOP,
// FINISH) by libfstrm, over a connection of ours that can be interrupted.
//
// Threads:  that of its Delivery.
// Memory:   a writer of libfstrm and a socket.
// Failure:  an Error as of Connection, or that the receiver does not accept payloads of dnstap.
#pragma once

#include <memory>

#include "resolver/sinks/delivery.h"
#include "resolver/sinks/options.h"

namespace cenote::sinks {

[[nodiscard]] std::unique_ptr<Receiver> make_frame_stream(Destination to);

}  // namespace cenote::sinks
