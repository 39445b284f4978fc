// SPDX-License-Identifier: Apache-2.0
//
// Sends NOTIFY to the secondaries of primary zones that changed, until they answer (RFC 1996 §3.5, §3.6). Private to
// transfer.
//
// Threads:  one.
// Time:     an argument.
// Memory:   an entry for each secondary of each zone.
// Failure:  a secondary that does not answer five times is logged; it finds the change at its next refresh.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "resolver/base/clock.h"
#include "resolver/base/fd.h"
#include "resolver/transfer/options.h"

namespace cenote::transfer {

class NotifySender {
public:
    NotifySender();

    /// Begins with the secondaries of a zone; what is under way for an earlier version of it ends.
    void announce(const PrimaryZoneOptions& zone, Ticks now);
    /// Sends to those whose time has come, and gives up those that never answered.
    void send_due(Ticks now);
    /// Takes the answers that have arrived.
    void read_answers();

    /// When send_due() has work next; nullopt: every secondary has answered.
    [[nodiscard]] std::optional<Ticks> next_due() const;
    /// Sockets that are readable when an answer has arrived: IPv4, IPv6.
    [[nodiscard]] std::array<int, 2> sockets() const noexcept { return {v4_.get(), v6_.get()}; }

private:
    struct Pending {
        SocketAddress to;
        wire::Name zone;
        std::uint16_t id = 0;
        int tries = 0;
        Ticks due;
    };

    void send(Pending& pending, Ticks now) const;
    void read_answers(int fd);

    UniqueFd v4_;
    UniqueFd v6_;
    std::vector<Pending> pending_;
};

}  // namespace cenote::transfer
