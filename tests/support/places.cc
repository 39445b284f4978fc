// SPDX-License-Identifier: Apache-2.0
#include "tests/support/places.h"

namespace cenote::testing_support {

Path source_folder() { return CENOTE_SOURCE_DIR; }

}  // namespace cenote::testing_support
