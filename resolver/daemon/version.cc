// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/version.h"

namespace cenote::daemon {

const std::string_view kVersion = CENOTE_VERSION;
const std::string_view kRevision = CENOTE_REVISION;

}  // namespace cenote::daemon
