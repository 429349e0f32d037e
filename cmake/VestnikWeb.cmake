# vestnik_web(<variable>)
#   Builds the page from web/ when something there has changed, with npm (web/build), and sets <variable> to the directory
#   that holds it afterwards. Its file `.built` is newer than all that it was made of.
function(vestnik_web variable)
  set(directory ${CMAKE_BINARY_DIR}/web)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/web/src/*.ts ${CMAKE_SOURCE_DIR}/web/src/*.tsx
       ${CMAKE_SOURCE_DIR}/web/src/*.css ${CMAKE_SOURCE_DIR}/web/public/*)
  list(FILTER sources EXCLUDE REGEX "\\.test\\.ts$")
  foreach(file index.html mail.html package.json package-lock.json vite.config.mjs build.mjs build)
    list(APPEND sources ${CMAKE_SOURCE_DIR}/web/${file})
  endforeach()
  add_custom_command(
    OUTPUT ${directory}/.built
    COMMAND ${CMAKE_SOURCE_DIR}/web/build ${directory}
    COMMAND ${CMAKE_COMMAND} -E touch ${directory}/.built
    DEPENDS ${sources}
    COMMENT "Building the page"
    VERBATIM)
  set(${variable} ${directory} PARENT_SCOPE)
endfunction()
