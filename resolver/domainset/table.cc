// SPDX-License-Identifier: Apache-2.0
#include "resolver/domainset/table.h"

namespace cenote::domainset {

void for_each_name(const Table& table, const std::function<void(const wire::Name&, const format::Payload&)>& visit) {
    std::array<std::uint8_t, wire::Name::kBytesMax> bytes{};
    wire::Name name;
    for (std::size_t group = 0; group < table.group_count; ++group) {
        const std::uint8_t* at = table.groups + group * format::kGroupBytes;
        for (std::uint32_t slot = 0; slot < format::kSlots && at[slot] != 0; ++slot) {
            const std::size_t length = at[format::kLengthsAt + slot];
            const std::uint8_t* record = table.record_at(at, slot, length);
            const format::Payload* payload = record != nullptr ? table.payload_of(record) : nullptr;
            if (payload == nullptr || length >= bytes.size()) continue;  // check() reports it
            std::memcpy(bytes.data(), record + table.payload_bytes, length);
            bytes[length] = 0;
            std::size_t end = 0;
            if (name.read_uncompressed(ByteView(bytes).first(length + 1), end)) visit(name, *payload);
        }
    }
}

}  // namespace cenote::domainset
