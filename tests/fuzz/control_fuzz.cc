// SPDX-License-Identifier: Apache-2.0
//
// Lines of the control protocol: whatever decodes must encode to a line that decodes to the same.

#include <cstdint>
#include <string_view>

#include "resolver/base/check.h"
#include "resolver/control/protocol.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace cenote::control;
    const std::string_view line(reinterpret_cast<const char*>(data), size);
    if (const auto request = decode_request(line)) {
        const auto again = decode_request(encode(*request));
        CENOTE_CHECK(again.ok());
        CENOTE_CHECK(again->verb == request->verb);
        CENOTE_CHECK(again->args == request->args);
    }
    if (const auto response = decode_response(line)) {
        const auto again = decode_response(encode(*response));
        CENOTE_CHECK(again.ok());
        CENOTE_CHECK(again->ok == response->ok);
    }
    return 0;
}
