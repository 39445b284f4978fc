// SPDX-License-Identifier: Apache-2.0
//
// NOTIFY in both directions (RFC 1996): our zones' changes go to secondaries, and changes of kept zones come from
// primaries. Private to transfer.
//
// Threads:  one.
// Time:     reads the monotonic clock.
// Memory:   a notice for each secondary of each zone.
// Failure:  a secondary that does not answer five times is logged, and left to its own refresh.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "resolver/base/clock.h"
#include "resolver/base/fd.h"
#include "resolver/transfer/served_zone.h"

namespace cenote::transfer {

class Notices {
public:
    Notices();

    /// To the secondaries of the version's zone; notices of an earlier version end.
    void announce(const std::shared_ptr<const ZoneVersion>& version);
    void send_due();
    void read_answers();

    [[nodiscard]] bool empty() const noexcept { return notices_.empty(); }
    /// Readable when an answer came: IPv4, IPv6.
    [[nodiscard]] const std::vector<UniqueFd>& sockets() const noexcept { return sockets_; }

private:
    struct Notice {
        SocketAddress to;
        std::shared_ptr<const ZoneVersion> version;
        std::uint16_t id = 0;
        int tries = 0;
        Ticks due{};
    };

    void read_answers(int fd);

    std::vector<UniqueFd> sockets_;
    std::vector<Notice> notices_;
};

/// The reply to a NOTIFY, and the zone that it is about where it counts: it came from the address of the zone's
/// primary, and needs no signature because all it does is make us ask. nullopt: the message is no NOTIFY.
struct NotifyReply {
    std::vector<std::uint8_t> message;
    std::vector<KeptZone> changed;
};
[[nodiscard]] std::optional<NotifyReply> answer_notify(const std::vector<KeptZone>& kept, const SocketAddress& peer,
                                                       ByteView message);

}  // namespace cenote::transfer
