# SPDX-License-Identifier: Apache-2.0
# Whether programs for BPF can be built (CENOTE_BPF), and the function that compiles one from C.

pkg_check_modules(LIBBPF QUIET IMPORTED_TARGET libbpf>=0.8)
find_program(CENOTE_BPF_GCC bpf-gcc)
find_program(CENOTE_BPF_CLANG NAMES clang clang-19 clang-18 clang-17 clang-16 clang-15 clang-14)
set(CENOTE_BPF_FLAGS -O2 -Wall -Wextra -Werror -I/usr/include)
if(CMAKE_LIBRARY_ARCHITECTURE)
  list(APPEND CENOTE_BPF_FLAGS -I/usr/include/${CMAKE_LIBRARY_ARCHITECTURE})
endif()
if(CENOTE_BPF_CLANG)
  set(CENOTE_BPF_COMPILER ${CENOTE_BPF_CLANG} -target bpf -g)
elseif(CENOTE_BPF_GCC)
  set(CENOTE_BPF_COMPILER ${CENOTE_BPF_GCC} -gbtf)
endif()
if(LIBBPF_FOUND AND CENOTE_BPF_COMPILER)
  set(CENOTE_BPF ON)
else()
  set(CENOTE_BPF OFF)
endif()

function(cenote_bpf_object source object)
  add_custom_command(OUTPUT ${object}
    COMMAND ${CENOTE_BPF_COMPILER} ${CENOTE_BPF_FLAGS} -ffile-prefix-map=${PROJECT_SOURCE_DIR}=. -c ${source} -o ${object}
    DEPENDS ${source} VERBATIM)
endfunction()
