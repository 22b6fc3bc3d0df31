/* H.264 by OpenH264: constrained baseline, one slice, no frame waits for a later one. */
#include "video.h"

#include <stdbool.h>
#include <string.h>
#include <wels/codec_api.h>

#define QP_MIN 22
#define QP_MAX 44

static void *h264_open(uint32_t w, uint32_t h) {
    ISVCEncoder *encoder = NULL;
    SEncParamExt config;
    if (WelsCreateSVCEncoder(&encoder) || !encoder) return NULL;
    int level = WELS_LOG_QUIET;
    (*encoder)->SetOption(encoder, ENCODER_OPTION_TRACE_LEVEL, &level);
    if ((*encoder)->GetDefaultParams(encoder, &config)) goto failed;
    config.iUsageType = CAMERA_VIDEO_REAL_TIME;
    config.iPicWidth = (int)w;
    config.iPicHeight = (int)h;
    config.iTargetBitrate = 256000;
    config.iMaxBitrate = UNSPECIFIED_BIT_RATE;
    config.iRCMode = RC_BITRATE_MODE;
    config.fMaxFrameRate = 30;
    config.iComplexityMode = LOW_COMPLEXITY;
    config.uiIntraPeriod = 0; /* only when asked */
    config.iNumRefFrame = 1;
    config.eSpsPpsIdStrategy = CONSTANT_ID;
    config.iEntropyCodingModeFlag = 0;
    config.bEnableFrameSkip = false; /* one in, one out */
    config.iMinQp = QP_MIN;
    config.iMaxQp = QP_MAX;
    config.iMultipleThreadIdc = 1;
    config.bEnableSceneChangeDetect = false; /* it would make key frames unasked */
    config.bEnableLongTermReference = false;
    SSpatialLayerConfig *layer = &config.sSpatialLayers[0];
    layer->iVideoWidth = (int)w;
    layer->iVideoHeight = (int)h;
    layer->fFrameRate = 30;
    layer->iSpatialBitrate = config.iTargetBitrate;
    layer->iMaxSpatialBitrate = UNSPECIFIED_BIT_RATE;
    layer->uiProfileIdc = PRO_BASELINE;
    layer->sSliceArgument.uiSliceMode = SM_SINGLE_SLICE;
    layer->bVideoSignalTypePresent = true;
    layer->bFullRange = false;
    layer->bColorDescriptionPresent = true;
    layer->uiColorPrimaries = CP_BT709;
    layer->uiTransferCharacteristics = TRC_BT709;
    layer->uiColorMatrix = CM_BT709;
    if ((*encoder)->InitializeExt(encoder, &config)) goto failed;
    return encoder;
failed:
    WelsDestroySVCEncoder(encoder);
    return NULL;
}

static int64_t h264_encode(void *opened, const px_yuv *picture, px_moment moment, uint8_t *out, size_t out_size) {
    ISVCEncoder *encoder = opened;
    SBitrateInfo rate = {SPATIAL_LAYER_ALL, (int)moment.kbit * 1000};
    float fps = 1000.0f / (float)moment.ms;
    if ((*encoder)->SetOption(encoder, ENCODER_OPTION_BITRATE, &rate)) return -1;
    if ((*encoder)->SetOption(encoder, ENCODER_OPTION_FRAME_RATE, &fps)) return -1;
    if (moment.key && (*encoder)->ForceIntraFrame(encoder, true)) return -1;
    SSourcePicture source;
    memset(&source, 0, sizeof source);
    source.iColorFormat = videoFormatI420;
    source.iPicWidth = (int)picture->w;
    source.iPicHeight = (int)picture->h;
    source.uiTimeStamp = moment.at_ms;
    for (int i = 0; i < 3; i++) {
        source.pData[i] = picture->plane[i];
        source.iStride[i] = (int)picture->stride[i];
    }
    SFrameBSInfo info;
    memset(&info, 0, sizeof info);
    if ((*encoder)->EncodeFrame(encoder, &source, &info)) return -1;
    size_t used = 0;
    for (int i = 0; i < info.iLayerNum; i++) {
        size_t size = 0;
        for (int n = 0; n < info.sLayerInfo[i].iNalCount; n++) size += (size_t)info.sLayerInfo[i].pNalLengthInByte[n];
        if (size > out_size - used) return -1;
        memcpy(out + used, info.sLayerInfo[i].pBsBuf, size);
        used += size;
    }
    return (int64_t)used;
}

static void h264_close(void *opened) {
    ISVCEncoder *encoder = opened;
    (*encoder)->Uninitialize(encoder);
    WelsDestroySVCEncoder(encoder);
}

const px_codec px_h264 = {h264_open, h264_encode, h264_close};
