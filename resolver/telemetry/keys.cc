// SPDX-License-Identifier: Apache-2.0
#include "resolver/telemetry/keys.h"

namespace cenote::telemetry {

Key Keys::intern(KeyKind kind, std::string_view name) {
    if (name.empty()) return kKeyNone;
    const MutexLock lock(mutex_);
    Table& table = tables_[static_cast<std::size_t>(kind)];
    if (const auto found = table.keys.find(name); found != table.keys.end()) return found->second;
    if (table.names.size() + 1 >= kKeyOther) return kKeyOther;
    table.names.emplace_back(name);
    const auto key = static_cast<Key>(table.names.size());
    table.keys.emplace(name, key);
    return key;
}

std::string Keys::name(KeyKind kind, Key key) const {
    if (key == kKeyNone) return {};
    const MutexLock lock(mutex_);
    const auto& names = tables_[static_cast<std::size_t>(kind)].names;
    return key <= names.size() ? names[key - 1U] : "(other)";
}

}  // namespace cenote::telemetry
