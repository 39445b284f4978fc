// SPDX-License-Identifier: Apache-2.0
//
// The address rules of a set: a list may sinkhole answers that reveal an address, or every query of some clients
// (rpz-ip and rpz-client-ip of response policy zones), and may leave parts of these addresses open.
//
// Threads:  plain values.   Memory: none beyond the values.   Failure: none.
#pragma once

#include <cstdint>
#include <tuple>
#include <vector>

#include "resolver/base/address.h"

namespace cenote::domainset {

/// Addresses in answers, or addresses of clients.
enum class AddressUse : std::uint8_t { Response, Client };

/// One prefix of a list. Of the rules of one list that contain an address the longest prefix counts.
struct AddressRule {
    AddressUse use = AddressUse::Response;
    Prefix prefix;
    std::uint32_t tag = 0;  // index into DomainSet::tags()
    bool sinkholes = true;  // false: it leaves the prefix open inside one that the list sinkholes

    friend bool operator==(const AddressRule&, const AddressRule&) noexcept = default;
};

/// The order of the rules in a set, which has at most one rule for a use, a prefix and a tag.
[[nodiscard]] inline bool stands_before(const AddressRule& a, const AddressRule& b) noexcept {
    return std::tie(a.use, a.prefix, a.tag) < std::tie(b.use, b.prefix, b.tag);
}
/// Puts rules in that order. Of rules that differ in `sinkholes` alone the one that sinkholes is kept.
void arrange(std::vector<AddressRule>& rules);

}  // namespace cenote::domainset
