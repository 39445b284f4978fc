// SPDX-License-Identifier: Apache-2.0
#include "blocklists/public_suffix.h"

#include <libpsl.h>

namespace cenote::blocklists {

bool is_public_suffix(const wire::Name& name) {
    return name.labels() != 0 &&
           psl_is_public_suffix2(psl_builtin(), name.to_string().c_str(), PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE) == 1;
}

std::string registrable_domain(const wire::Name& name) {
    const std::string text = name.to_string();
    const char* domain = psl_registrable_domain(psl_builtin(), text.c_str());
    return domain != nullptr ? domain : text;
}

}  // namespace cenote::blocklists
