// SPDX-License-Identifier: Apache-2.0
#include "resolver/domainset/address_rule.h"

#include <algorithm>

namespace cenote::domainset {

void arrange(std::vector<AddressRule>& rules) {
    std::sort(rules.begin(), rules.end(), [](const AddressRule& a, const AddressRule& b) {
        return stands_before(a, b) || (!stands_before(b, a) && a.sinkholes && !b.sinkholes);
    });
    const auto same = [](const AddressRule& a, const AddressRule& b) { return !stands_before(a, b); };
    rules.erase(std::unique(rules.begin(), rules.end(), same), rules.end());
}

}  // namespace cenote::domainset
