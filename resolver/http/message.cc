// SPDX-License-Identifier: Apache-2.0
#include "resolver/http/message.h"

#include <algorithm>

#include "resolver/base/letter_case.h"

namespace cenote::http {

bool is_media_type(std::string_view content_type, std::string_view media_type) noexcept {
    content_type = content_type.substr(0, std::min(content_type.find(';'), content_type.size()));
    while (!content_type.empty() && (content_type.back() == ' ' || content_type.back() == '\t'))
        content_type.remove_suffix(1);
    return equal_folded(content_type, media_type);
}

}  // namespace cenote::http
