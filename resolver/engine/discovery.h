// SPDX-License-Identifier: Apache-2.0
//
// What this resolver announces of itself: its encrypted listeners (Discovery of Designated Resolvers, RFC 9462) and its
// properties (RESINFO, RFC 9606). All of it is written when the snapshot is made; a query gets a copy, with the
// address that it was sent to in the places of the hints.
//
// A proxy in front of this resolver is taken to pass on everything that is served here, at the same ports: a client
// that asked an address of the proxy gets every listener, with that address.
//
// Threads:  built on the control thread, then read by any thread; the functions marked noexcept are data plane.
// Memory:   one message for each address with an encrypted listener.
// Failure:  none; write_designation() returns false where there is nothing to announce.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "resolver/engine/client.h"
#include "resolver/engine/local_names.h"
#include "resolver/wire/reply.h"
#include "resolver/wire/svcb.h"

namespace cenote::engine {

/// The protocol of an encrypted listener, in the order in which clients are to prefer them.
enum class Designated : std::uint8_t { Https = 1, Tls = 2, Quic = 3 };

struct DesignatedListener {
    SocketAddress address;  // of all addresses: 0.0.0.0 or ::, which is those of its family
    Designated protocol = Designated::Tls;

    friend bool operator==(const DesignatedListener&, const DesignatedListener&) = default;
};

/// The listeners as they are bound.
struct Listeners {
    std::vector<DesignatedListener> encrypted;  // while the certificate can be used
    std::vector<IpAddress> datagrams;           // by Client::listener; Client::local is not set for single addresses

    friend bool operator==(const Listeners&, const Listeners&) = default;
};

struct ResolverFacts {
    wire::Name name;       // of the resolver; the root: it has none, and designates nothing
    std::string info_url;  // empty: none
    Listeners listeners;
};

/// The parameters of a listener, without hints (RFC 9461 §4, §5).
[[nodiscard]] wire::ServiceParams service_params_of(const DesignatedListener& listener);

class Discovery {
public:
    /// Announces nothing.
    Discovery() = default;
    explicit Discovery(const ResolverFacts& facts);

    /// Writes the answer to a query for _dns.resolver.arpa SVCB; false: another query, or the address that it was sent
    /// to has no encrypted listener.
    [[nodiscard]] bool write_designation(const wire::Query& query, const Client& client, const wire::OptContent& opt,
                                         wire::ReplyBuffer& reply) const noexcept;
    /// Whether a query of type RESINFO for this name is answered here.
    [[nodiscard]] bool describes(const wire::Name& name) const noexcept;
    void write_info(const wire::Query& query, const wire::OptContent& opt, wire::ReplyBuffer& reply) const noexcept;
    /// The SVCB records of the resolver's own name, _dns.NAME (RFC 9462 §5), with all listeners.
    [[nodiscard]] const std::vector<LocalRecord>& records() const noexcept { return records_; }

private:
    /// The whole message but for the places of the address that was asked.
    struct Answer {
        IpAddress address;  // unspecified: any of the family that has no answer of its own
        std::vector<std::uint8_t> message;
        std::vector<std::uint16_t> places;
        std::uint16_t additional = 0;
    };

    [[nodiscard]] static Answer make_answer(const wire::Name& name, const std::vector<DesignatedListener>& listeners,
                                            const IpAddress& address);
    [[nodiscard]] const Answer* answer_for(const Client& client, IpAddress& asked) const noexcept;

    /// The answer at an address of a proxy, of the same family as `any`.
    void add_proxied(const wire::Name& name, const std::vector<DesignatedListener>& listeners, const IpAddress& any);

    std::vector<Answer> answers_;  // those of single addresses first
    std::vector<Answer> proxied_;  // at the addresses of proxies, one for each family
    std::vector<IpAddress> datagrams_;
    std::vector<wire::Name> described_;
    std::vector<std::uint8_t> info_;  // the rdata of RESINFO
    std::vector<LocalRecord> records_;
};

}  // namespace cenote::engine
