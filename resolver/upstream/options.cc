// SPDX-License-Identifier: Apache-2.0
#include "resolver/upstream/options.h"

namespace cenote::upstream {

std::string ServerAddress::to_string() const {
    const std::string where = address.to_string();
    if (!https_path.empty()) return "https://" + where + https_path + "#" + tls_name;
    return tls_name.empty() ? where : "tls://" + where + "#" + tls_name;
}

}  // namespace cenote::upstream
