// SPDX-License-Identifier: Apache-2.0
//
// The file that a secondary zone is stored in: a master file (RFC 1035 §5), which `cenote update` compiles too.
//
// Threads:  pure. Control plane.
// Memory:   the text, or the zone.
// Failure:  from_master_file() gives nullopt for every text that to_master_file() does not write for the zone.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "resolver/transfer/zone_data.h"

namespace cenote::transfer {

[[nodiscard]] std::string to_master_file(const wire::Name& zone, const ZoneData& data);
[[nodiscard]] std::optional<ZoneData> from_master_file(const wire::Name& zone, std::string_view text);

}  // namespace cenote::transfer
