// SPDX-License-Identifier: Apache-2.0
//
// Small numbers for services, directives, groups, exceptions and identities. They stay the same while the process runs,
// so that counts continue over a reload. QueryEvent carries them.
//
// Threads:  any; a lock inside. Control plane.
// Memory:   grows with the names, at most 65534 of a kind.
// Failure:  beyond that every name is kKeyOther.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/base/mutex.h"

namespace cenote::telemetry {

using Key = std::uint16_t;
inline constexpr Key kKeyNone = 0;
inline constexpr Key kKeyOther = 0xffff;

enum class KeyKind : std::uint8_t { Service, Directive, Group, Exception, Identity };

class Keys {
public:
    /// The key of `name`, the same at every call; kKeyNone for an empty name.
    Key intern(KeyKind kind, std::string_view name);
    /// The name of a key: "" for kKeyNone, "(other)" for kKeyOther and for a number that is no key.
    [[nodiscard]] std::string name(KeyKind kind, Key key) const;

private:
    static constexpr std::size_t kKinds = 5;
    struct Table {
        std::map<std::string, Key, std::less<>> keys;
        std::vector<std::string> names;  // index i: the name of key i + 1
    };

    mutable Mutex mutex_;
    std::array<Table, kKinds> tables_ CENOTE_GUARDED_BY(mutex_);
};

}  // namespace cenote::telemetry
