// SPDX-License-Identifier: Apache-2.0
//
// Our own policy as response policy zones for other resolvers, and news of zones that we keep.
//
// Workers hand over what they do not answer themselves (inbox.h). One thread builds zones and sends NOTIFY, another
// answers.
//
// Threads:  update() and the Inbox may be called by any thread; the rest is inside.
// Time:     reads both clocks.
// Memory:   the zones, and of transfers under way a bounded number of one message each.
// Failure:  a zone that cannot be built stays as it was, and is logged.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "resolver/policy/policy.h"
#include "resolver/transfer/inbox.h"
#include "resolver/transfer/options.h"

namespace cenote::transfer {

struct ServedStatus {
    std::string zone;
    std::uint32_t serial = 0;
    std::size_t records = 0;
};

class Service {
public:
    /// `on_notify`: a zone that we keep has changed at its primary; called on a thread of the service.
    static std::unique_ptr<Service> start(std::function<void(const KeptZone&)> on_notify);
    virtual ~Service() = default;

    /// The policy that is in force now, and what is to be served of it.
    virtual void update(const Options& options, std::shared_ptr<const policy::Policy> policy,
                        const std::string& node) = 0;
    [[nodiscard]] virtual std::vector<ServedStatus> status() const = 0;
    /// Where workers hand queries over. They do so no more when the service ends.
    [[nodiscard]] virtual Inbox& inbox() noexcept = 0;
};

}  // namespace cenote::transfer
