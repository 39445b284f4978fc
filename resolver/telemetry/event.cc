// SPDX-License-Identifier: Apache-2.0
#include "resolver/telemetry/event.h"

#include <array>

namespace cenote::telemetry {

std::string_view verdict_to_text(QueryVerdict verdict) noexcept {
    static constexpr std::array<std::string_view, 8> kTexts{"forward", "observe", "advise",    "restrict",
                                                            "block",   "allow",   "exception", "local"};
    return kTexts[static_cast<std::size_t>(verdict)];
}

}  // namespace cenote::telemetry
