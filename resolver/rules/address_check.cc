// SPDX-License-Identifier: Apache-2.0
#include "resolver/rules/address_check.h"

#include <fmt/format.h>

namespace cenote::rules {

void check_addresses(std::span<const policy::Directive> directives, std::vector<domainset::GuardedAddress> guarded,
                     Diagnostics& diagnostics) {
    using domainset::AddressUse;
    const domainset::AddressGuard guard(std::move(guarded));
    for (const policy::Directive& directive : directives) {
        std::vector<Prefix> closed;
        for (const policy::Target& target : directive.targets) {
            const auto prefix =
                target.kind == policy::Target::Kind::Address ? Prefix::parse(target.value) : std::nullopt;
            if (!prefix) continue;
            if (const auto why =
                    guard.why_not(*prefix, AddressUse::Response, domainset::AddressGuard::Author::Operator))
                diagnostics.error(target.place, fmt::format("address:{} may not be sinkholed: {}; name something "
                                                            "narrower",
                                                            target.value, *why));
            else
                closed.push_back(*prefix);
        }
        const auto space = domainset::space_of(std::move(closed), AddressUse::Response);
        if (const auto why = domainset::why_not_together(space, {}, AddressUse::Response))
            diagnostics.error(directive.place, fmt::format("directive '{}' may not be in force: {}; name something "
                                                           "narrower",
                                                           directive.id, *why));
    }
}

}  // namespace cenote::rules
