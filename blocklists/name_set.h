// SPDX-License-Identifier: Apache-2.0
//
// A set of names, with a lookup for names below them.
//
// Threads:  one writes, or any read.   Memory: a string for each name.   Failure: none.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "resolver/wire/name.h"

namespace cenote::blocklists {

class NameSet {
public:
    /// False: the name is in the set already.
    bool add(const wire::Name& name) { return names_.emplace(key(name.wire())).second; }
    [[nodiscard]] bool empty() const noexcept { return names_.empty(); }
    [[nodiscard]] bool has(const wire::Name& name) const { return names_.find(key(name.wire())) != names_.end(); }
    [[nodiscard]] bool has_or_is_below(const wire::Name& name) const {
        for (std::uint8_t labels = name.labels(); labels > 0 && !names_.empty(); --labels)
            if (names_.find(key(name.suffix(labels))) != names_.end()) return true;
        return false;
    }

private:
    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    static std::string_view key(ByteView wire) noexcept {
        return {reinterpret_cast<const char*>(wire.data()), wire.size()};
    }
    std::unordered_set<std::string, Hash, std::equal_to<>> names_;
};

}  // namespace cenote::blocklists
