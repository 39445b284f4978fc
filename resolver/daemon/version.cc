// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/version.h"

namespace cenote::daemon {

const std::string_view kVersion = CENOTE_VERSION;

}  // namespace cenote::daemon
