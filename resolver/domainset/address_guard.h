// SPDX-License-Identifier: Apache-2.0
//
// Addresses that no rule may sinkhole, and how much of the address space rules may sinkhole: the same limits for the
// address rules of lists (rpz-ip, rpz-client-ip) and for the `address:` targets of directives.
//
// The guard checks the width of a rule, the addresses that it covers, and, for a rule of a list, whether it reaches
// into private address space, which the author of a list cannot know. All rules of one list or directive are also
// checked together. Address space that no public name resolves to (multicast, reserved) does not count.
//
// Threads:  built once, then read by any thread. Control plane.
// Memory:   a few dozen bytes for each address.
// Failure:  none.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "resolver/base/address.h"
#include "resolver/domainset/address_rule.h"

namespace cenote::domainset {

/// `what` continues "it covers 192.0.2.53, …".
struct GuardedAddress {
    IpAddress ip;
    std::string what;
};

/// How much rules sinkhole, each address counted once, in units of the widest rule that is allowed.
struct AddressSpace {
    double ipv4 = 0;
    double ipv6 = 0;
};

class AddressGuard {
public:
    enum class Author : std::uint8_t { Operator, List };

    AddressGuard() = default;
    explicit AddressGuard(std::vector<GuardedAddress> guarded) : guarded_(std::move(guarded)) {}

    /// Why a rule may not sinkhole a prefix, as in "it is wider than /8"; nullopt when it may.
    [[nodiscard]] std::optional<std::string> why_not(const Prefix& prefix, AddressUse use, Author author) const;

private:
    std::vector<GuardedAddress> guarded_;
};

[[nodiscard]] AddressSpace space_of(std::vector<Prefix> prefixes, AddressUse use);
/// Why rules may not sinkhole so much together; nullopt when they may. `before`: what the previous copy of the list
/// sinkholed; a list that was accepted by force stays accepted, and may grow a little.
[[nodiscard]] std::optional<std::string> why_not_together(const AddressSpace& now, const AddressSpace& before,
                                                          AddressUse use);

}  // namespace cenote::domainset
