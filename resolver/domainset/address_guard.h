// SPDX-License-Identifier: Apache-2.0
//
// Addresses that no rule may close, and how much of the address space rules may close: one judgement for the address
// rules of lists (rpz-ip, rpz-client-ip) and for the `address:` targets of directives.
//
// A rule is judged by its width, by the addresses that it covers, and where a list brought it also by whether it
// reaches into private address space, of which an author elsewhere knows nothing. All rules of one list or directive
// are judged together as well. Space that no name on the Internet leads to (multicast, reserved) has no width.
//
// Threads:  built once, then read by any thread. Control plane.
// Memory:   a few dozen bytes for each address.
// Failure:  none.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "resolver/base/address.h"
#include "resolver/domainset/address_names.h"

namespace cenote::domainset {

/// `what` continues "it covers 192.0.2.53, …".
struct GuardedAddress {
    IpAddress ip;
    std::string what;
};

/// How much rules close, each address counted once, in units of the widest rule there may be.
struct AddressSpace {
    double ipv4 = 0;
    double ipv6 = 0;
};

class AddressGuard {
public:
    enum class Author : std::uint8_t { Operator, List };

    AddressGuard() = default;
    explicit AddressGuard(std::vector<GuardedAddress> guarded) : guarded_(std::move(guarded)) {}

    /// Why a rule may not close a prefix, as in "it is wider than /8"; nullopt when it may.
    [[nodiscard]] std::optional<std::string> why_not(const Prefix& prefix, AddressUse use, Author author) const;

private:
    std::vector<GuardedAddress> guarded_;
};

[[nodiscard]] AddressSpace space_of(std::vector<Prefix> prefixes, AddressUse use);
/// Why rules may not close so much together; nullopt when they may. `before`: what the copy of the list before this one
/// closed; what was taken by force once stays, and may grow a little.
[[nodiscard]] std::optional<std::string> why_not_together(const AddressSpace& now, const AddressSpace& before,
                                                          AddressUse use);

}  // namespace cenote::domainset
