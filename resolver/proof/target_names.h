// SPDX-License-Identifier: Apache-2.0
//
// The names that the targets of a directive take, whatever other rules open or close: as if it stood alone, for all
// clients, at step block. Names and what holds below them are kept apart: an entry of a hosts file takes only the name.
//
// Threads:  built once, then read by any thread.
// Memory:   the wire format of each name, and six bytes.
// Failure:  an Error where the directive alone is no valid policy.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "resolver/policy/policy.h"

namespace cenote::proof {

class TargetNames {
public:
    struct Taken {
        wire::Name name;
        bool itself = false;
        bool below = false;  // a name below it that no source has
    };

    /// `label`: of a name below each name.
    static Result<TargetNames> of_directive(const policy::Policy& policy, std::uint32_t directive,
                                            const std::string& label);

    [[nodiscard]] std::size_t size() const noexcept { return starts_.size(); }
    [[nodiscard]] Taken at(std::size_t index) const;

private:
    void add(const Taken& taken);
    void sort();

    std::string bytes_;  // of each name one byte for what is taken, then its wire format
    std::vector<std::uint32_t> starts_;
};

/// `label`.`name`; nullopt: that is too long.
[[nodiscard]] std::optional<wire::Name> name_below(const wire::Name& name, const std::string& label);

}  // namespace cenote::proof
